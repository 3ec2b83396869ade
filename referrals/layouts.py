"""The referral sheet: one row per referral between two institutions (domain.md F, design.md §4)."""

from evaluation.importing.layouts import Column, Kind, Layout

DIRECTIONS = ("up", "down", "lateral")
STATUSES = ("requested", "accepted", "declined", "arrived", "completed", "cancelled")

REFERRALS = Layout(
    dataset="referrals",
    key=("id",),
    columns=(
        Column("id", "转诊编号", Kind.NUMBER, required=True, most=60, example="R2026030001"),
        Column("direction", "转诊方向", Kind.CHOICE, required=True, choices=DIRECTIONS, example="up"),
        Column("sender", "转出机构", Kind.NUMBER, required=True, most=40, example="H33010000004"),
        Column("receiver", "转入机构", Kind.NUMBER, required=True, most=40, example="H33010000001"),
        Column("patient_id", "患者标识", Kind.PATIENT, required=True, example="330106199001011234"),
        Column("main_dx", "主要诊断编码", Kind.CODE, most=40, example="I21.900"),
        Column("reason", "转诊原因", required=True, example="疑难重症"),
        Column("green_channel", "绿色通道", Kind.YES_NO, example="no"),
        Column("needs_rehab", "需康复", Kind.YES_NO, example="no"),
        Column("requested_at", "申请时间", Kind.INSTANT, required=True, example="2026-03-02 09:30"),
        Column("accepted_at", "接收时间", Kind.INSTANT, example="2026-03-02 11:00"),
        Column("arrived_at", "到达时间", Kind.INSTANT),
        Column("completed_at", "完成时间", Kind.INSTANT),
        Column("status", "状态", Kind.CHOICE, required=True, choices=STATUSES, example="accepted"),
        Column("decline_reason", "拒绝原因"),
    ),
)
