//! Writes a structure with a list in it and reads it back: `cargo run --example write_structure`.

use matter_tlv::{Reader, Tag, Value, Writer};

fn main() -> Result<(), matter_tlv::Error> {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer);
    writer.start_structure(Tag::Anonymous)?;
    writer.put_utf8(Tag::Context(0), "SN-0001")?;
    writer.start_array(Tag::Context(1))?;
    for number in [1000, 100_000] {
        writer.put_unsigned(Tag::Anonymous, number)?;
    }
    writer.end()?;
    writer.end()?;
    let encoded = writer.finish()?;
    println!("{encoded:02x?}");

    let mut reader = Reader::new(encoded);
    while let Some(element) = reader.read()? {
        // `depth` counts the containers that are open after the element.
        let depth = reader.depth() - usize::from(element.value.is_container());
        let indent = "  ".repeat(depth);
        match element.value {
            Value::End => println!("{indent}end"),
            value => println!("{indent}{:?}: {value:?}", element.tag),
        }
    }
    Ok(())
}
