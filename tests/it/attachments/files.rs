//! Files made on the spot, honest and otherwise; small ones that the programs they are meant for would open.

pub fn pdf() -> Vec<u8> {
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ];
    let mut text = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(text.len());
        text.push_str(&format!("{} 0 obj\n{object}\nendobj\n", number + 1));
    }
    let start = text.len();
    text.push_str("xref\n0 4\n0000000000 65535 f \n");
    places.iter().for_each(|place| text.push_str(&format!("{place:010} 00000 n \n")));
    text.push_str(&format!("trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"));
    text.into_bytes()
}

pub fn png() -> Vec<u8> {
    // One white pixel; the deflate stream is one stored block.
    let header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0];
    let pixel = [0x78, 0x01, 0x01, 2, 0, 0xFD, 0xFF, 0, 0xFF, 0x01, 0x01, 0x01, 0x00];
    [&b"\x89PNG\r\n\x1A\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &pixel), &chunk(b"IEND", &[])].concat()
}

pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let checked = [&name[..], data].concat();
    [&length[..], &checked, &crc(&checked).to_be_bytes()].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}

/// A file in a ZIP, as its tables tell of it.
#[derive(Clone)]
pub struct Entry {
    pub name: String,
    pub content: Vec<u8>,
    /// The unpacked size that the tables claim.
    pub claims: u32,
    pub flags: u16,
    pub attributes: u32,
}

impl Entry {
    pub fn new(name: &str, content: &str) -> Self {
        let claims = u32::try_from(content.len()).unwrap();
        Self { name: name.to_owned(), content: content.as_bytes().to_vec(), claims, flags: 0, attributes: 0 }
    }
}

/// The parts that Excel asks for.
pub fn book() -> Vec<Entry> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    vec![
        Entry::new(
            "[Content_Types].xml",
            &format!(
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
             <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
             <Override PartName=\"/xl/workbook.xml\" ContentType=\"{types}.sheet.main+xml\"/>\
             <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{types}.worksheet+xml\"/></Types>"
            ),
        ),
        Entry::new(
            "_rels/.rels",
            &format!(
                "<Relationships xmlns=\"{relations}\"><Relationship Id=\"r1\" Type=\"{document}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        Entry::new(
            "xl/workbook.xml",
            &format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{document}\"><sheets><sheet name=\"1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        Entry::new(
            "xl/_rels/workbook.xml.rels",
            &format!(
                "<Relationships xmlns=\"{relations}\"><Relationship Id=\"r1\" Type=\"{document}/worksheet\" Target=\"worksheets/sheet1.xml\"/></Relationships>"
            ),
        ),
        Entry::new("xl/worksheets/sheet1.xml", &format!("<worksheet xmlns=\"{main}\"><sheetData/></worksheet>")),
    ]
}

/// A ZIP of stored files.
pub fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut table) = (Vec::new(), Vec::new());
    for entry in entries {
        let place = u32::try_from(bytes.len()).unwrap();
        let (name, packed) = (entry.name.as_bytes(), u32::try_from(entry.content.len()).unwrap());
        let shared = [
            &20_u16.to_le_bytes()[..],
            &entry.flags.to_le_bytes(),
            &[0; 6],
            &crc(&entry.content).to_le_bytes(),
            &packed.to_le_bytes(),
            &entry.claims.to_le_bytes(),
            &u16::try_from(name.len()).unwrap().to_le_bytes(),
            &[0; 2],
        ]
        .concat();
        bytes.extend([&b"PK\x03\x04"[..], &shared, name, &entry.content].concat());
        let made_by = if entry.attributes == 0 { [20, 0] } else { [20, 3] };
        let rest = [&[0; 6][..], &entry.attributes.to_le_bytes(), &place.to_le_bytes()].concat();
        table.extend([&b"PK\x01\x02"[..], &made_by, &shared, &rest, name].concat());
    }
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    let (length, place) = (u32::try_from(table.len()).unwrap(), u32::try_from(bytes.len()).unwrap());
    let end =
        [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &length.to_le_bytes(), &place.to_le_bytes(), &[0; 2]].concat();
    [bytes, table, end].concat()
}

pub fn xlsx() -> Vec<u8> {
    zip(&book())
}

pub fn xlsx_with(entry: Entry) -> Vec<u8> {
    let mut entries = book();
    entries.push(entry);
    zip(&entries)
}

/// A compound file whose directory holds these streams and storages: name and type.
pub fn compound(entries: &[(&str, u8)]) -> Vec<u8> {
    let mut header = vec![0_u8; 512];
    header[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    header[24..32].copy_from_slice(&[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0]);
    header[32] = 6;
    header[44] = 1;
    // The table is in sector 0, the directory in sector 1.
    header[48] = 1;
    header[56..60].copy_from_slice(&4096_u32.to_le_bytes());
    header[60..64].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    header[68..72].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    header[80..].fill(0xFF);
    header[76..80].fill(0);
    let mut table = vec![0xFF_u8; 512];
    table[..4].copy_from_slice(&0xFFFF_FFFD_u32.to_le_bytes());
    table[4..8].copy_from_slice(&0xFFFF_FFFE_u32.to_le_bytes());
    let mut directory = Vec::new();
    for (name, kind) in [("Root Entry", 5)].iter().chain(entries) {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u8::try_from(entry.len() + 2).unwrap();
        entry.resize(128, 0);
        (entry[64], entry[66], entry[67]) = (length, *kind, 1);
        entry[68..80].fill(0xFF);
        directory.extend(entry);
    }
    directory.resize(directory.len().next_multiple_of(512), 0);
    [header, table, directory, vec![0; 1024]].concat()
}

pub fn xls() -> Vec<u8> {
    compound(&[("Workbook", 2), ("\u{5}SummaryInformation", 2)])
}

pub fn jpeg() -> Vec<u8> {
    [&b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"[..], &[7; 4000], b"\xFF\xD9"].concat()
}

pub fn heic() -> Vec<u8> {
    [&b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafheictmap"[..], &[7; 4000]].concat()
}
