// Shows the name of the chosen file, and takes one that is dropped.
const zone = document.querySelector(".dropzone");
const input = zone?.querySelector("input[type=file]");
const hint = zone?.querySelector("[data-chosen]");
input?.classList.add("sr-only");
input?.addEventListener("change", () => { if (input.files[0]) hint.textContent = `${input.files[0].name}, ${(input.files[0].size / 1e6).toFixed(1)} MB`; });
zone?.addEventListener("dragover", (event) => event.preventDefault());
zone?.addEventListener("drop", (event) => {
  event.preventDefault();
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change"));
});
