// Stands for the build of the React application.
document.getElementById("root").textContent = "Innovate";
