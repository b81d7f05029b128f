/* Money of the window: whole numbers only (BigInt), the same results as standard/money.py. */
const money = (() => {
  const E4 = 10_000n, FEN_MAX = 10n ** 16n;

  /* A decimal as a whole number of its smallest part; null where it is none. */
  function parse(text, places) {
    const found = /^(\d{1,16})(?:\.(\d*))?$/.exec(text.replace(/[,，\s]/g, ""));
    if (!found || (found[2] || "").length > places) return null;
    return BigInt(found[1] + (found[2] || "").padEnd(places, "0"));
  }

  /* Half up, away from zero. */
  function divide(value, by) {
    const size = value < 0n ? -value : value, rounded = (size + by / 2n) / by;
    return value < 0n ? -rounded : rounded;
  }

  const fen = (text) => parse(text, 2);
  const e4 = (text) => parse(text, 4);
  /* The same of a figure that may be negative. */
  function signedE4(text) {
    const plain = text.trim().replace(/^[－−]/, "-"), size = e4(plain.replace(/^-/, ""));
    return size === null ? null : plain.startsWith("-") ? -size : size;
  }

  const multiply = (quantity, standard) => divide(quantity * standard, 1_000_000n);

  function written(value) {
    const size = value < 0n ? -value : value;
    return (value < 0n ? "-" : "") + size / 100n + "." + String(size % 100n).padStart(2, "0");
  }

  const multiplyE4 = (quantity, standard) => divide(quantity * standard, E4);

  /* Two places at least, four at most. */
  function writtenE4(value) {
    const size = value < 0n ? -value : value, parts = String(size % E4).padStart(4, "0").replace(/0{1,2}$/, "");
    return (value < 0n ? "-" : "") + size / E4 + "." + parts;
  }

  /* A sum of products, such as 12.5*18+3: in fen, rounded once at the end; null where it is none. */
  function reckon(text) {
    const plain = text.replace(/[,，\s]/g, "").replace(/[×xX＊]/g, "*").replace(/＋/g, "+").replace(/[－−]/g, "-");
    if (!/[*+-]/.test(plain)) return null;
    let sum = 0n;
    for (const term of plain.replace(/-/g, "+-").split("+")) {
      if (term === "" && plain.startsWith("-")) continue;
      const negative = term.startsWith("-"), factors = (negative ? term.slice(1) : term).split("*").map((one) => parse(one, 4));
      if (factors.length > 4 || factors.some((one) => one === null)) return null;
      const product = factors.reduce((made, one) => made * one, 1n) * 10n ** BigInt(4 * (4 - factors.length));
      sum += negative ? -product : product;
    }
    const found = divide(sum, 10n ** 14n);
    return found > 0n && found <= FEN_MAX ? found : null;
  }

  const DIGITS = "零壹贰叁肆伍陆柒捌玖", PLACES = ["", "拾", "佰", "仟"];

  function whole(number) {
    for (const [size, name] of [[10n ** 8n, "亿"], [10n ** 4n, "万"]]) {
      if (number >= size) {
        const above = number / size, below = number % size;
        return whole(above) + name + (below > 0n && below < size / 10n ? "零" : "") + (below ? whole(below) : "");
      }
    }
    let words = "", zero = false;
    for (const place of [3, 2, 1, 0]) {
      const digit = Number(number / 10n ** BigInt(place) % 10n);
      if (digit) words += (zero && words ? "零" : "") + DIGITS[digit] + PLACES[place];
      zero = !digit;
    }
    return words;
  }

  /* 大写. */
  function words(value) {
    const yuan = value / 100n, cents = value % 100n, jiao = Number(cents / 10n), left = Number(cents % 10n);
    let told = yuan ? whole(yuan) + "元" : "";
    if (!cents) return (told || "零元") + "整";
    if (told && (jiao === 0 || yuan % 10n === 0n)) told += "零";
    told += jiao ? DIGITS[jiao] + "角" : "";
    return told + (left ? DIGITS[left] + "分" : "整");
  }

  function thousands(value) {
    const [yuan, cents] = written(value).split(".");
    return yuan.replace(/\B(?=(\d{3})+$)/g, ",") + "." + cents;
  }

  return { fen, e4, signedE4, multiply, multiplyE4, written, writtenE4, thousands, reckon, words, E4 };
})();
