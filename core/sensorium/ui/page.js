// What only the browser can do: show a question at once, keep the conversation over a reload, and
// say what happened where the server never heard of it.
const sensorium = (() => {
  const KEY = "sensorium-conversation";
  const AS_IT_IS = { __type__: "update" };

  // As conversation.py makes them.
  const UNDER_WAY = "under-way";
  const literal = (text) => text.replace(/[!-/:-@[-`{-~]/g, "\\$&");
  const aside = (id, style, text) => ({
    role: "assistant",
    metadata: { id },
    content: [{ type: "text", text: `<span class="${style}">${literal(text)}</span>` }],
  });
  const problem = (text) => aside("problem", "problem", text);
  const question = (text, files) => ({
    role: "user",
    metadata: null,
    content: [
      ...files.map((file) => ({ type: "file", file, alt_text: null })),
      ...(text ? [{ type: "text", text: literal(text) }] : []),
    ],
  });

  // The mark that an answer is due; by its number the server stops that answer and no other.
  let number = Date.now();
  let last = []; // the mark given last
  const due = () => (last = [aside(`${UNDER_WAY} ${++number}`, UNDER_WAY, "")]);
  const isDue = (message) => message?.metadata?.id?.startsWith(UNDER_WAY);
  const finished = (shown) => (shown ?? []).filter((message) => !isDue(message));

  // After clearing, states that the server sent before it knew may still arrive.
  let cleared = false;
  const current = (shown) => (cleared ? [] : (shown ?? []));

  // One line above the question, which screen readers read out; empty: nothing to say.
  const say = (text) => {
    const line = document.querySelector("#notice [role=status]");
    if (line) line.textContent = text;
  };

  // Whoever asks wants to see the answer, also when they had scrolled back.
  const toEnd = () =>
    setTimeout(() => {
      const log = document.querySelector("#chat [role=log]");
      log?.scrollTo(0, log.scrollHeight);
    }, 100);

  // Enter and the arrow: from the box into the conversation, where the server finds it. What is
  // too long stays in the box, where it can be shortened.
  const send = (box, shown) => {
    const text = (box?.text ?? "").trim();
    const files = box?.files ?? [];
    const before = current(shown);
    if ((!text && !files.length) || isDue(before.at(-1))) return [AS_IT_IS, AS_IT_IS];
    const tooLong = [...text].length > sensoriumFacts.characters;
    say(tooLong ? sensoriumFacts.tooLong : "");
    if (tooLong) return [AS_IT_IS, AS_IT_IS];
    cleared = false;
    toEnd();
    return [{ text: "", files: [] }, [...before, question(text, files), ...due()]];
  };

  const again = (shown) => {
    const before = current(shown);
    const asked = before.findLastIndex((message) => message.role === "user");
    if (asked < 0 || isDue(before.at(-1))) return [AS_IT_IS];
    return [[...before.slice(0, asked + 1), ...due()]];
  };

  // Which example, the server is told besides.
  const pick = (shown, ...settings) => {
    cleared = false;
    return [due(), ...settings];
  };

  const clear = () => {
    cleared = true;
    say("");
    return [last];
  };

  const failed = (shown) => [
    [...finished(current(shown)), problem(sensoriumFacts.failed)],
  ];

  // The conversation belongs to the tab: it is gone when the tab is closed.
  let restored = false; // before that, the page is empty and has nothing to keep
  const keep = (shown) => {
    if (!restored) return [AS_IT_IS];
    try {
      sessionStorage.setItem(KEY, JSON.stringify(finished(current(shown))));
    } catch {
      // Storage is full or forbidden: the conversation is lost on reload, no more.
    }
    return [cleared && shown?.length ? [] : AS_IT_IS];
  };

  const restore = () => {
    restored = true;
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
      if (kept.at(-1)?.role === "user") kept.push(problem(sensoriumFacts.broken));
      if (kept.length) return [kept];
    } catch {
      // As if nothing had been kept.
    }
    return [AS_IT_IS];
  };

  // The component drops the browser's refusal of a microphone without a word.
  const microphone = (error) =>
    say(sensoriumFacts.microphone[error] ?? `${sensoriumFacts.microphone.other} (${error}).`);
  const devices = navigator.mediaDevices;
  if (devices?.getUserMedia) {
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = (...wanted) =>
      ask(...wanted).catch((error) => {
        microphone(error.name);
        throw error;
      });
  }
  const onClick = (event) => {
    if (!event.target.closest?.(".microphone-button")) return;
    if (navigator.mediaDevices?.getUserMedia) say("");
    else microphone("insecure");
  };
  document.addEventListener("click", onClick, true);

  // What is dropped or pasted anywhere goes to the question. Without this the browser would open a
  // dropped file in place of the page.
  const box = () => document.querySelector("#question [role=group]");
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    const { dataTransfer } = event;
    box()?.dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
  });
  document.addEventListener("paste", (event) => {
    if (event.target.closest?.("textarea, input")) return;
    const { clipboardData } = event;
    const text = box()?.querySelector("textarea");
    text?.focus();
    text?.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
  });

  // Gradio gives the pictures in the conversation, which a click enlarges, no name.
  const name = () => {
    for (const button of document.querySelectorAll(".image-container button:not([aria-label])"))
      button.setAttribute("aria-label", "Picture");
  };

  // Gradio says what is wrong with a file in a corner, under the title "Error".
  const told = new WeakSet();
  const toasts = () => {
    const texts = [...document.querySelectorAll(".toast-message-text")];
    const news = texts.filter((text) => !told.has(text));
    if (!news.length) return;
    news.forEach((text) => told.add(text));
    say(news.map((text) => text.textContent.trim()).join(" "));
    document.querySelectorAll(".toast-close").forEach((close) => close.click());
  };
  new MutationObserver(() => {
    name();
    toasts();
  }).observe(document, { childList: true, subtree: true });

  return { again, clear, due: () => [last], failed, keep, pick, restore, send };
})();
