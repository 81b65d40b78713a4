// Shows how good the password being typed is. Without this script the page says so when refused.
(() => {
  "use strict";
  const field = document.getElementById("password");
  const box = document.getElementById("strength");
  if (!field || !box) return;
  const form = field.form;
  const meter = document.getElementById("strength-meter");
  const words = document.getElementById("strength-words");
  let waiting = 0;
  let asked = 0;

  const line = (text, lang) => {
    const span = document.createElement("span");
    if (lang) span.lang = lang;
    span.textContent = text;
    return span;
  };

  const ask = async () => {
    const turn = ++asked;
    if (!field.value) {
      box.hidden = true;
      return;
    }
    const sent = new URLSearchParams({ password: field.value });
    for (const name of ["form_token", "email", "display_name", "structure_name"]) {
      if (form.elements[name]) sent.set(name, form.elements[name].value);
    }
    const answer = await fetch(field.dataset.strength, { method: "POST", body: sent }).catch(() => null);
    if (turn !== asked || !answer || !answer.ok) return;
    const told = await answer.json();
    meter.value = told.score;
    words.replaceChildren(line(told.fr), document.createTextNode(" "), line(told.en, "en"));
    box.hidden = false;
  };

  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 400);
  });
})();
