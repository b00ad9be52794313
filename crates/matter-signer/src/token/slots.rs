use cryptoki::context::Pkcs11;
use cryptoki::slot::Slot;

use super::cause::refused;
use crate::{Error, Pkcs11Uri};

/// Finds the only slot with a token that matches a URI.
pub(super) fn find(module: &Pkcs11, uri: &Pkcs11Uri) -> Result<Slot, Error> {
    let slots = module.get_slots_with_token();
    let slots = slots.map_err(|error| refused("to list its slots", error))?;
    let (mut found, mut names, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for slot in slots {
        // Skip a token that is being removed.
        let Ok(token) = module.get_token_info(slot) else {
            continue;
        };
        if !token.token_initialized() {
            continue;
        }
        let name = format!(
            "'{}' serial '{}' slot-id {}",
            token.label(),
            token.serial_number(),
            slot.id()
        );
        if is_named(module, slot, uri)? {
            found.push(slot);
            names.push(name);
        } else {
            others.push(name);
        }
    }
    match found.as_slice() {
        [slot] => Ok(*slot),
        [] => Err(Error::TokenMissing {
            wanted: uri.token_words(),
            present: others,
        }),
        _ => Err(Error::TokenAmbiguous {
            wanted: uri.token_words(),
            found: names,
        }),
    }
}

fn is_named(module: &Pkcs11, slot: Slot, uri: &Pkcs11Uri) -> Result<bool, Error> {
    let unknown = |error| refused("to return its information", error);
    let token = module.get_token_info(slot).map_err(unknown)?;
    let place = module.get_slot_info(slot).map_err(unknown)?;
    let library = module.get_library_info().map_err(unknown)?;
    let version = library.library_version();
    let version = format!("{}.{}", version.major(), version.minor());
    let texts = [
        ("token", token.label()),
        ("manufacturer", token.manufacturer_id()),
        ("serial", token.serial_number()),
        ("model", token.model()),
        ("slot-description", place.slot_description()),
        ("slot-manufacturer", place.manufacturer_id()),
        ("library-description", library.library_description()),
        ("library-manufacturer", library.manufacturer_id()),
        ("library-version", &version),
    ];
    // PKCS #11 pads token texts with spaces.
    let text = |(name, is): &(&str, &str)| uri.text(name).is_none_or(|wanted| wanted.trim_end() == is.trim_end());
    Ok(texts.iter().all(text) && uri.slot_id().is_none_or(|id| id == slot.id()))
}
