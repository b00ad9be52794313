use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use esp_nvs_image::{CsvWriter, Encoding, Key, Number, OwnedValue, has_wifi_rows};
use factory_fs::{Table, TableRow};
use matter_factory_data::{
    AttestationCredentials, FactoryEntry, NAMESPACE, ProductInformation, RotatingId, is_field_key,
};
use matter_spake2p::{Iterations, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use zeroize::Zeroizing;

use crate::columns::{Column, Columns, Source, field, means_passcode};
use crate::message::message;
use crate::{Error, Field, Message};

/// The values that one row of the values file gives its device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    pub(crate) passcode: Option<Passcode>,
    pub(crate) discriminator: Option<Discriminator>,
    pub(crate) iterations: Option<Iterations>,
    pub(crate) salt: Option<Salt>,
    pub(crate) rotating_id: Option<RotatingId>,
    pub(crate) product: ProductInformation,
    pub(crate) entries: Vec<FactoryEntry>,
    pub(crate) dac: Option<GivenDac>,
}

/// A certificate from elsewhere with its key and its PAI, and the device's name if the certificate contains it.
#[derive(Clone, Debug)]
pub(crate) struct GivenDac {
    pub(crate) uuid: Option<String>,
    pub(crate) credentials: AttestationCredentials,
}

/// Vendor and product of the run, which a column may repeat but not change.
#[derive(Clone, Copy)]
pub(crate) struct Ids {
    pub(crate) vendor: VendorId,
    pub(crate) product: ProductId,
}

/// Reads all rows of a values file.
pub(crate) fn read(
    columns: &Columns,
    table: &Table,
    ids: Ids,
    warnings: &mut Vec<Message>,
) -> Result<Vec<Cells>, Error> {
    let Some((header, rows)) = table.rows().split_first() else {
        return Err(Error::file(Field::Values, table.path(), "has no header row"));
    };
    // Blanks around a name are ignored, unless a column is listed with them.
    let name_of = |cell| if columns.uses(cell) { cell } else { cell.trim() };
    let mut numbers = BTreeMap::new();
    for (number, name) in header.cells().map(name_of).enumerate() {
        // Spreadsheets append columns without a name.
        if name.is_empty() {
            continue;
        }
        if numbers.insert(name, number).is_some() {
            // The name is omitted: in a file without a header it may be a secret value.
            let column = format!("number {}", number + 1);
            return Err(Error::cell(
                table.place(header.line(), &column),
                "duplicate column name",
            ));
        }
    }
    let own = columns.iter().filter(|column| column.namespace == NAMESPACE);
    let fields: BTreeMap<_, _> = own
        .map(|column| column.key.as_str())
        .map(|key| (field(key), key))
        .collect();
    for name in header.cells().map(name_of) {
        if let Some(used) = fields.get(field(name)).filter(|used| **used != name) {
            let reason = format!("sets the same field as column '{used}'");
            return Err(Error::cell(table.place(header.line(), name), reason));
        }
    }
    let mut places = Vec::new();
    for column in columns.iter() {
        let place = numbers.get(column.key.as_str()).copied();
        let missing = || {
            Error::cell(
                table.place(header.line(), column.key.as_str()),
                "is missing from the header",
            )
        };
        places.push((column, place.ok_or_else(missing)?));
    }
    for name in header
        .cells()
        .map(name_of)
        .filter(|name| is_unused_field(columns, name))
    {
        let path = table.path().display();
        warnings.push(message![
            format!("{path}: column '{name}' names a device field but is not used, because "),
            Field::Columns,
            " does not list it"
        ]);
    }
    let mut empty = rows.iter().filter(|row| row.cells().all(str::is_empty));
    if let Some(row) = empty.next() {
        let (path, line, more) = (table.path().display(), row.line(), empty.count());
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        let text = format!("{path}:{line}{more}: a row without values is a device too; remove it if not intended");
        warnings.push(text.into());
    }
    if columns.iter().next().is_none() {
        let path = table.path().display();
        warnings.push(message![
            Field::Columns,
            format!(" lists no column: no value of {path} is used")
        ]);
    }
    let first = rows.first();
    let values =
        |(column, place): &(&'_ Column, usize)| first.and_then(|row| row.get(*place)).map(|text| (column.key, text));
    let values = places.iter().filter_map(values).collect::<Vec<_>>();
    if has_wifi_rows(values.iter().map(|(key, text)| (key.as_str(), *text))) {
        let path = table.path().display();
        let text =
            format!("{path}: the reference tool adds rows for the Wi-Fi driver to these values; they are omitted here");
        warnings.push(text.into());
    }
    let mut devices = Vec::with_capacity(rows.len());
    for row in rows {
        check_length(table, header, row)?;
        let mut cells = Cells::default();
        for (column, place) in &places {
            let own = row.get(*place).unwrap_or_default();
            let repeated = first.and_then(|first| first.get(*place)).unwrap_or_default();
            let text = if column.repeat { repeated } else { own };
            if !own.is_empty() && own != text {
                let reason = message![
                    "differs from the first row's value, which REPEAT applies to all rows; remove ',REPEAT' from that column in ",
                    Field::Columns
                ];
                return Err(Error::cell(table.place(row.line(), column.key.as_str()), reason));
            }
            cells
                .set(column, text, ids)
                .map_err(|reason| Error::cell(table.place(row.line(), column.key.as_str()), reason))?;
        }
        devices.push(cells);
    }
    Ok(devices)
}

/// Refuses a row with a value in an unnamed column, or without a cell for a named one.
fn check_length(table: &Table, header: &TableRow, row: &TableRow) -> Result<(), Error> {
    let named = header
        .cells()
        .zip(1..)
        .filter(|(name, _)| !name.trim().is_empty())
        .last();
    let named = named.map_or(0, |(_, columns)| columns);
    if row.len() < named || row.cells().skip(header.len()).any(|cell| !cell.is_empty()) {
        let (cells, columns) = (row.len(), header.len());
        let column = format!("number {}", cells.min(columns) + 1);
        let reason = format!("row has {cells} cells, but the header has {columns}");
        return Err(Error::cell(table.place(row.line(), &column), reason));
    }
    let nameless = header
        .cells()
        .zip(row.cells())
        .position(|(name, cell)| name.trim().is_empty() && !cell.is_empty());
    nameless.map_or(Ok(()), |number| {
        let column = format!("number {}", number + 1);
        let reason = "has a value, but no name in the header";
        Err(Error::cell(table.place(row.line(), &column), reason))
    })
}

/// Returns whether a column appears to set a device field that no entry of `columns` sets.
fn is_unused_field(columns: &Columns, name: &str) -> bool {
    let known = means_passcode(name) || Key::new(name).is_ok_and(|key| is_field_key(&key));
    known && !columns.uses(name)
}

impl Cells {
    /// Stores one cell. The error omits the value, which may be a secret.
    fn set(&mut self, column: &Column, text: &str, ids: Ids) -> Result<(), Message> {
        let value = match column.source {
            Source::Data => Input::Text(text),
            Source::File => Input::read(text)?,
        };
        if column.namespace != NAMESPACE {
            return Ok(self.own(column, &value)?);
        }
        let number = || value.number(column.encoding, Encoding::U32);
        let string = || value.string(column.encoding);
        match column.key.as_str() {
            "passcode" | "pin-code" => self.passcode = Some(value.text()?.trim().parse().map_err(reason)?),
            "discriminator" => {
                let number = u16::try_from(number()?)
                    .ok()
                    .and_then(|number| Discriminator::new(number).ok());
                self.discriminator = Some(number.ok_or("not in the range 0 to 4095")?);
            }
            "iteration-count" => self.iterations = Some(Iterations::new(number()?).map_err(reason)?),
            "salt" => self.salt = Some(string()?.parse().map_err(reason)?),
            "vendor-id" => same(number()?, ids.vendor.get().into(), Field::VendorId)?,
            "product-id" => same(number()?, ids.product.get().into(), Field::ProductId)?,
            "rd-id-uid" => self.rotating_id = Some(value.rotating_id(column.encoding)?),
            _ => match ProductInformation::field(&column.key) {
                Some(field) => match field.max() {
                    Some(max) => {
                        let set = field.set_number(&mut self.product, number()?);
                        set.map_err(|_| format!("not in the range 0 to {max}"))?;
                    }
                    None => field.add_text(&mut self.product, string()?).map_err(reason)?,
                },
                None if is_field_key(&column.key) => {
                    return Err("is part of the credentials or of a list and cannot be set by a column".into());
                }
                None => self.own(column, &value)?,
            },
        }
        Ok(())
    }

    fn own(&mut self, column: &Column, value: &Input<'_>) -> Result<(), String> {
        let value = value.parse(column.encoding)?;
        if let OwnedValue::Str(text) = &value {
            check_text(text)?;
            // It is copied into the device's table of NVS entries.
            CsvWriter::new()
                .data(column.namespace, column.key, Encoding::String, text)
                .map_err(reason)?;
        }
        self.entries.push(FactoryEntry {
            namespace: column.namespace,
            key: column.key,
            value,
        });
        Ok(())
    }
}

/// The contents of a cell or of the file that it names.
enum Input<'t> {
    Text(&'t str),
    File(Zeroizing<Vec<u8>>),
}

impl Input<'_> {
    /// The error names the file only if the cell looks like a file name: the cell may hold a secret by mistake.
    fn read(path: &str) -> Result<Self, String> {
        let is_extension =
            |text: &&str| (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        let extension = Path::new(path).extension().and_then(OsStr::to_str).filter(is_extension);
        let is_name = extension.is_some() && path.len() <= 255 && !path.contains(char::is_control);
        let name = if is_name { format!(" '{path}'") } else { String::new() };
        let wrong =
            |reason| format!("cannot read the file{name} named by the cell, relative to the current folder: {reason}");
        factory_fs::Input::read_file(Path::new(path))
            .map(Self::File)
            .map_err(wrong)
    }

    fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::File(bytes) => std::str::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned()),
        }
    }

    /// A file with the encoding `binary` is read as bytes, any other as text.
    fn parse(&self, encoding: Encoding) -> Result<OwnedValue, String> {
        match (self, encoding) {
            (Self::File(bytes), Encoding::Binary) => Ok(OwnedValue::Blob(bytes.to_vec())),
            _ => encoding.parse(self.text()?).map_err(reason),
        }
    }

    fn number(&self, encoding: Encoding, expected: Encoding) -> Result<u32, String> {
        match (encoding == expected).then(|| self.parse(encoding)).transpose()? {
            Some(OwnedValue::Number(Number::U32(number))) => Ok(number),
            _ => Err(format!("the firmware expects a u32, not {encoding}")),
        }
    }

    fn string(&self, encoding: Encoding) -> Result<&str, String> {
        if encoding == Encoding::String {
            self.text()
        } else {
            Err(format!("the firmware expects a string, not {encoding}"))
        }
    }

    fn rotating_id(&self, encoding: Encoding) -> Result<RotatingId, String> {
        match self.parse(encoding)? {
            OwnedValue::Blob(ref bytes) if bytes.len() == RotatingId::LEN => {
                let mut id = Zeroizing::new([0; RotatingId::LEN]);
                id.copy_from_slice(bytes);
                Ok(RotatingId::new(*id))
            }
            _ => Err("not 16 bytes in hex2bin, base64 or binary".into()),
        }
    }
}

fn reason(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Checks an NVS string: no NUL byte, which NVS appends itself, and at most 3999 bytes.
fn check_text(text: &str) -> Result<(), String> {
    const MAX: usize = 3999;
    if text.len() > MAX {
        return Err(format!(
            "{} bytes are too long for an NVS string; at most {MAX} are allowed",
            text.len()
        ));
    }
    if text.contains('\0') {
        return Err("an NVS string cannot contain a NUL byte".into());
    }
    Ok(())
}

fn same(found: u32, expected: u32, field: Field) -> Result<(), Message> {
    if found == expected {
        Ok(())
    } else {
        Err(message![format!("differs from the {expected:#06X} of "), field])
    }
}
