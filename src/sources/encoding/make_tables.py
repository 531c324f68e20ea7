#!/usr/bin/env python3
"""Writes the tables of character encodings as C++ source: make_tables.py OUTPUT.

They are taken from Python's codecs, so that nothing large has to be kept here, and brought to the
form of the Encoding Standard (indexes by pointer), which Go's decoders follow too. 0xfffd stands
for "no character". See tables.h for what each table is.
"""
import sys

NONE = 0xFFFD

# Our name, Python's codec, and what the Encoding Standard (or the registry) has otherwise.
SINGLE_BYTE = [
    ("us-ascii", "ascii", {}),
    ("ibm037", "cp037", {}),
    ("ibm437", "cp437", {}),
    ("ibm850", "cp850", {}),
    ("ibm852", "cp852", {}),
    ("ibm855", "cp855", {}),
    ("ibm858", "cp858", {}),
    ("ibm860", "cp860", {}),
    ("ibm862", "cp862", {}),
    ("ibm863", "cp863", {}),
    ("ibm865", "cp865", {}),
    ("ibm866", "cp866", {}),
    ("ibm1140", "cp1140", {}),
    ("iso-8859-1", "latin-1", {}),
    ("iso-8859-2", "iso8859-2", {}),
    ("iso-8859-3", "iso8859-3", {}),
    ("iso-8859-4", "iso8859-4", {}),
    ("iso-8859-5", "iso8859-5", {}),
    ("iso-8859-6", "iso8859-6", {}),
    ("iso-8859-7", "iso8859-7", {}),
    ("iso-8859-8", "iso8859-8", {}),
    ("iso-8859-9", "iso8859-9", {}),
    ("iso-8859-10", "iso8859-10", {}),
    ("iso-8859-13", "iso8859-13", {}),
    ("iso-8859-14", "iso8859-14", {}),
    ("iso-8859-15", "iso8859-15", {}),
    ("iso-8859-16", "iso8859-16", {}),
    ("koi8-r", "koi8-r", {}),
    ("koi8-u", "koi8-u", {0xAE: 0x045E, 0xBE: 0x040E}),
    ("macintosh", "mac_roman", {}),
    ("windows-874", "cp874", {}),
    ("windows-1250", "cp1250", {}),
    ("windows-1251", "cp1251", {}),
    ("windows-1252", "cp1252", {}),
    ("windows-1253", "cp1253", {}),
    ("windows-1254", "cp1254", {}),
    ("windows-1255", "cp1255", {0xCA: 0x05BA}),
    ("windows-1256", "cp1256", {}),
    ("windows-1257", "cp1257", {}),
    ("windows-1258", "cp1258", {}),
]


def character(data: bytes, codec: str) -> int:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return NONE
    return ord(text) if len(text) == 1 else NONE


def single_byte(name, codec, others):
    out = []
    for byte in range(256):
        code = others.get(byte, character(bytes([byte]), codec))
        # Go has none of the second set of control characters but in Latin 1 and 5.
        if 0x80 <= byte <= 0x9F and code == byte and name not in ("iso-8859-1", "iso-8859-9"):
            code = NONE
        out.append(code)
    return out


def jis0208():
    """Pointer = row * 94 + cell, 120 rows: JIS X 0208 with the additions of code page 932."""
    out = []
    for pointer in range(11280):
        lead, trail = divmod(pointer, 188)
        lead += 0x81 if lead < 0x1F else 0xC1
        trail += 0x40 if trail < 0x3F else 0x41
        code = NONE
        if not 8836 <= pointer < 10716:  # private characters, computed by the decoder
            code = character(bytes([lead, trail]), "cp932")
        out.append(code)
    return out


def jis0212():
    out = [
        character(bytes([0x8F, 0xA1 + row, 0xA1 + cell]), "euc_jp")
        for row in range(94)
        for cell in range(94)
    ]
    return [0xFF5E if code == 0x7E else code for code in out]


def gb18030():
    """Pointer = (lead - 0x81) * 190 + trail."""
    out = []
    for pointer in range(126 * 190):
        lead, trail = divmod(pointer, 190)
        trail += 0x40 if trail < 0x3F else 0x41
        code = character(bytes([0x81 + lead, trail]), "gb18030")
        out.append(NONE if 0xE000 <= code < 0xF900 else code)
    out[6555] = 0x3000
    return out


def gb18030_ranges():
    """Four-byte pointers of the basic plane: (first pointer, first character) of each run."""
    out = []
    expected = None
    for pointer in range(39420):
        rest, d = divmod(pointer, 10)
        rest, c = divmod(rest, 126)
        a, b = divmod(rest, 10)
        code = character(bytes([0x81 + a, 0x30 + b, 0x81 + c, 0x30 + d]), "gb18030")
        if code == NONE and pointer != 39417 + 0:
            code = expected if expected is not None else NONE
        if code != expected:
            out.append((pointer, code))
        expected = code + 1
    return out


def big5():
    """Pointer = (lead - 0x81) * 157 + trail; characters of the second plane have the bit set."""
    out = []
    for pointer in range(126 * 157):
        lead, trail = divmod(pointer, 157)
        trail += 0x40 if trail < 0x3F else 0x62
        data = bytes([0x81 + lead, trail])
        # From C6A1 to C8FE stand the additions of ETEN, as Hong Kong's standard has them.
        is_eten = b"\xc6\xa1" <= data <= b"\xc8\xfe"
        code = character(data, "cp950") if lead >= 0x20 and not is_eten else NONE
        if code == NONE or 0xE000 <= code < 0xF900:
            code = character(data, "big5hkscs")
        if code == NONE and lead >= 0x20 and not is_eten:
            code = character(data, "big5")
        out.append(code)
    out[18996] = 0xFFED
    return out


def euc_kr():
    """Pointer = (lead - 0x81) * 190 + (trail - 0x41)."""
    return [
        character(bytes([0x81 + lead, 0x41 + trail]), "cp949")
        for lead in range(126)
        for trail in range(190)
    ]


def numbers(values) -> str:
    lines = []
    for i in range(0, len(values), 16):
        lines.append("    " + ", ".join(hex(value) for value in values[i : i + 16]) + ",")
    return "\n".join(lines)


def main() -> None:
    parts = ['// Made by make_tables.py; do not edit.\n#include "sources/encoding/tables.h"\n',
             "namespace tailrace::encoding {", "namespace {\n"]
    for index, (name, codec, others) in enumerate(SINGLE_BYTE):
        values = numbers(single_byte(name, codec, others))
        parts.append(f"constexpr std::uint16_t kTable{index}[256] = {{  // {name}\n{values}\n}};\n")
    parts.append("constexpr SingleByteTable kTables[] = {")
    for index, (name, _, _) in enumerate(SINGLE_BYTE):
        parts.append(f'    {{"{name}", kTable{index}}},')
    parts.append("};\n\n}  // namespace\n")
    parts.append("const std::span<const SingleByteTable> kSingleByteTables = kTables;\n")
    high = big5()
    tables = [
        ("kJis0208", jis0208()),
        ("kJis0212", jis0212()),
        ("kGb18030", gb18030()),
        ("kBig5", [code & 0xFFFF for code in high]),
        ("kEucKr", euc_kr()),
    ]
    for name, values in tables:
        parts.append(f"const std::uint16_t {name}[{len(values)}] = {{\n{numbers(values)}\n}};\n")
    bits = [
        sum(1 << bit for bit in range(16)
            if start + bit < len(high) and high[start + bit] > 0xFFFF)
        for start in range(0, len(high), 16)
    ]
    parts.append(f"const std::uint16_t kBig5SecondPlane[{len(bits)}] = {{\n{numbers(bits)}\n}};\n")
    ranges = gb18030_ranges()
    parts.append(f"const Gb18030Range kGb18030RangeTable[{len(ranges)}] = {{")
    parts.extend(f"    {{{pointer}, {hex(code)}}}," for pointer, code in ranges)
    parts.append("};\nconst std::span<const Gb18030Range> kGb18030Ranges = kGb18030RangeTable;\n")
    parts.append("}  // namespace tailrace::encoding")
    with open(sys.argv[1], "w", encoding="ascii") as file:
        file.write("\n".join(parts) + "\n")


main()
