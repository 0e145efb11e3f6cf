// The code of a report, made on the phone before there is a network: the twin of reports/codes.py.
// tests/reports/code_vectors.json holds the vectors that both must meet.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford: no I, L, O, U

/** The ten letters of the report that this UUID names: the first 50 bits of SHA-256 over its 16 bytes. */
export async function codeOf(uuid) {
  const bytes = Uint8Array.from(uuid.replaceAll("-", "").match(/../g), (pair) => parseInt(pair, 16));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  let head = 0n;
  for (let at = 0; at < 7; at++) head = (head << 8n) | BigInt(digest[at]); // 56 bits, of which 50 are used
  return Array.from({ length: 10 }, (_, letter) => ALPHABET[Number((head >> BigInt(51 - 5 * letter)) & 31n)]).join("");
}

/** The code as it is printed and read aloud: “DN 7K4QX 29MWB”. The city's prefix comes from the page. */
export function grouped(code, prefix = self.document?.getElementById("outbox-words")?.dataset.prefix ?? "") {
  return `${prefix} ${code.slice(0, 5)} ${code.slice(5)}`.trim();
}
