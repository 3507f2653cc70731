// Runs only in browsers that do not know modules: one sentence instead of a blank page.
document.documentElement.innerHTML =
  '<body>This browser is too old for Dogfight: it needs JavaScript modules, WebAssembly and WebSocket, as every browser since 2018 has.</body>';
