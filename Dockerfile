FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    YILIAN_HOME=/srv/yilian
WORKDIR /app

RUN useradd --system --create-home --home-dir /home/yilian --uid 10001 yilian

COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt

COPY . ./
# The settings ask for these; nothing connects and nothing of them stays in the image.
RUN DATABASE_URL=postgresql://build:build@127.0.0.1/build \
    REDIS_URL=redis://127.0.0.1/0 \
    SECRET_KEY=only-while-this-image-is-built-and-never-when-it-is-run \
    PATIENT_KEY=only-while-this-image-is-built-and-never-when-it-is-run \
    sh -c "python -m config.messages && python manage.py collectstatic --noinput --verbosity 0"

USER yilian
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "3", "--worker-class", "gthread", "--threads", "8", "--timeout", "180", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
