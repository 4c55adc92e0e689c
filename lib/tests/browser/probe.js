// What a page looks like to its reader; evaluated in the page, once for each size and colour scheme.
() => {
  const round = (x) => Math.round(x * 100) / 100;
  const describe = (element) =>
    element.tagName.toLowerCase() +
    (element.className && element.className.baseVal === undefined ? "." + element.className.trim().replace(/\s+/g, ".") : "") +
    " «" + element.textContent.trim().slice(0, 40) + "»";

  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // Colours as [red, green, blue, alpha], all between 0 and 1.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const cache = new Map();
  const rgba = (text) => {
    if (!cache.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      cache.set(text, [...canvas.getImageData(0, 0, 1, 1).data].map((x) => x / 255));
    }
    return cache.get(text);
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const backgrounds = new Map([[null, [1, 1, 1, 1]]]);
  const background = (element) => {
    if (!backgrounds.has(element)) {
      const own = rgba(getComputedStyle(element).backgroundColor);
      backgrounds.set(element, own[3] === 1 ? own : over(own, background(element.parentElement)));
    }
    return backgrounds.get(element);
  };
  // Relative luminance and contrast as in WCAG 2.
  const luminance = (c) => {
    const [r, g, b] = c.slice(0, 3).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };

  const pale = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, style, noscript, mjx-assistive-mml") || !visible(element)) continue;
    const style = getComputedStyle(element);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const under = background(element);
    const found = contrast(over(rgba(style.color), under), under);
    if (found < (large ? 3 : 4.5)) pale.add(`${describe(element)} ${round(found)}`);
  }
  for (const formula of document.querySelectorAll("mjx-container")) {
    if (!visible(formula)) continue;
    const under = background(formula);
    const found = contrast(over(rgba(getComputedStyle(formula).color), under), under);
    if (found < 4.5) pale.add(`formula ${round(found)}`);
  }

  // What sticks out of the window, unless it scrolls in a box of its own or is put aside on purpose (the sidebars).
  const sticking = [];
  for (const element of document.querySelectorAll("main *, header *")) {
    const box = element.getBoundingClientRect();
    if (box.right <= window.innerWidth + 1 || box.width === 0 || !visible(element)) continue;
    let boxed = false;
    for (let e = element.parentElement; e && !boxed; e = e.parentElement) {
      const inside = e.getBoundingClientRect().right <= window.innerWidth + 1;
      boxed = inside && getComputedStyle(e).overflowX !== "visible";
    }
    if (!boxed && !element.closest("mjx-assistive-mml, .bd-sidebar-primary, .bd-sidebar-secondary, dialog")) sticking.push(describe(element));
  }

  return {
    width: [document.documentElement.scrollWidth, window.innerWidth],
    sticking: sticking.slice(0, 5),
    pale: [...pale].slice(0, 10),
  };
}
