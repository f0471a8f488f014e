fetch("/api/").then((answer) => {
  document.getElementById("api").textContent = `The API answers with status ${answer.status}.`;
});
