// What a page looks like to its reader: probe.content(), probe.sticking(), probe.pale().
window.probe = (() => {
  const describe = (element) => {
    const classes = typeof element.className === "string" ? element.className.trim() : "";
    const name = [element.tagName.toLowerCase(), ...classes.split(/\s+/).filter(Boolean)].join(".");
    return `${name} «${element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)}»`;
  };
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)];

  function content() {
    const main = document.querySelector("main").cloneNode(true);
    main.querySelectorAll("pre, code, mjx-container, script").forEach((element) => element.remove());
    return {
      ids: all("[id]").map((element) => element.id),
      links: all("a[href]").map((element) => element.href),
      images: all("img").map((image) => ({
        source: image.getAttribute("src"),
        alt: image.alt,
        loaded: image.complete && image.naturalWidth > 0,
      })),
      formulas: all(".math").length,
      typeset: all(".math > mjx-container > svg").length,
      bad: all("[data-mml-node='merror'], merror, .problematic, .system-message").map((e) => e.textContent),
      text: document.querySelector("main").innerText,
      prose: main.textContent,
    };
  }

  // What sticks out of the window, unless it scrolls in a box of its own or waits beside the page (the sidebars).
  function sticking() {
    const edge = window.innerWidth + 1;
    const boxed = (element) => {
      for (let box = element.parentElement; box; box = box.parentElement) {
        if (box.getBoundingClientRect().right <= edge && getComputedStyle(box).overflowX !== "visible") return true;
      }
      return false;
    };
    const aside = "mjx-assistive-mml, .bd-sidebar-primary, .bd-sidebar-secondary, dialog";
    const found = all("main *").filter((element) => {
      const box = element.getBoundingClientRect();
      return box.right > edge && box.width && visible(element) && !boxed(element) && !element.closest(aside);
    });
    const width = document.documentElement.scrollWidth;
    const page = width > window.innerWidth ? [`the page is ${width} pixels wide in ${window.innerWidth}`] : [];
    return page.concat(found.slice(0, 5).map(describe));
  }

  // Colours as [red, green, blue, alpha], all between 0 and 1.
  const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colors = new Map();
  function rgba(text) {
    if (!colors.has(text)) {
      pixel.clearRect(0, 0, 1, 1);
      pixel.fillStyle = text;
      pixel.fillRect(0, 0, 1, 1);
      colors.set(text, [...pixel.getImageData(0, 0, 1, 1).data].map((x) => x / 255));
    }
    return colors.get(text);
  }
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);

  // Relative luminance and contrast of WCAG 2.
  function luminance(color) {
    const [r, g, b] = color.slice(0, 3).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(a, b) {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  }

  // Texts and formulas that do not stand out from what is behind them.
  function pale() {
    const backgrounds = new Map([[null, [1, 1, 1, 1]]]);
    const background = (element) => {
      if (!backgrounds.has(element)) {
        const own = rgba(getComputedStyle(element).backgroundColor);
        backgrounds.set(element, own[3] === 1 ? own : over(own, background(element.parentElement)));
      }
      return backgrounds.get(element);
    };
    const written = new Set(all("mjx-container"));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) if (walker.currentNode.data.trim()) written.add(walker.currentNode.parentElement);
    const found = [];
    for (const element of written) {
      if (element.closest("script, style, noscript, mjx-assistive-mml") || !visible(element)) continue;
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      const under = background(element);
      const ratio = contrast(over(rgba(style.color), under), under);
      if (ratio < (large ? 3 : 4.5)) found.push(`${describe(element)}, contrast ${ratio.toFixed(2)}`);
    }
    return found.slice(0, 10);
  }

  return { content, sticking, pale };
})();
