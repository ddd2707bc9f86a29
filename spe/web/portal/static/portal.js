// Pages work without this. It wakes the components that are friendlier with scripts, and keeps a second press from sending.
const script = document.querySelector("script[data-components]");
if (script) {
  const components = await import(script.dataset.components);
  components.initAll();
}
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = 0;
  form.addEventListener("submit", (event) => {
    // What is sent twice is done once anyway; this only spares the second answer.
    if (Date.now() - sent < 1500) event.preventDefault();
    sent = Date.now();
  });
}
