// Global ids, as the gateway writes them: TypeIDs (specification 0.3) of UUIDs.

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const VALUES = new Map([...ALPHABET].map((letter, value) => [letter, value]))
// Two letters for each ten bits.
const PAIRS = Array.from({ length: 1024 }, (_, value) => ALPHABET[value >> 5] + ALPHABET[value & 31])

// 26 letters are 130 bits: two zeros before the 128 of the UUID. Five hexadecimal digits are four letters.
export function write(prefix, uuid) {
  const hex = uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)
  let text = `${prefix}_${PAIRS[Number.parseInt(hex.slice(0, 2), 16)]}`
  for (let at = 2; at < 32; at += 5) {
    const bits = Number.parseInt(hex.slice(at, at + 5), 16)
    text += PAIRS[bits >> 10] + PAIRS[bits & 1023]
  }
  return text
}

export function read(prefix, text) {
  if (!text.startsWith(`${prefix}_`) || text.length !== prefix.length + 27) throw new Error(`no id of kind ${prefix}`)
  let bits = 0n
  for (const letter of text.slice(prefix.length + 1)) {
    const value = VALUES.get(letter)
    if (value === undefined) throw new Error(`no id of kind ${prefix}`)
    bits = (bits << 5n) | BigInt(value)
  }
  const hex = bits.toString(16).padStart(32, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
