//! Any sequence of edits of a plain or encrypted image that starts blank: after each the image
//! equals a plain map, without errors, and a rejected edit changes nothing.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use esp_nvs_image::{
    Editor, Entry, Error, Key, Namespace, NvsKeys, OwnedValue, Severity, check, decode, decrypt, encrypt,
};

use crate::content::Content;

#[derive(Arbitrary, Debug)]
pub(crate) struct Input {
    pages: u8,
    encrypted: bool,
    /// Namespace, key, and the value, or `None` to remove it.
    steps: Vec<(u8, u8, Option<Content>)>,
}

type Model = BTreeMap<(Namespace, Key), OwnedValue>;

fn read(image: &[u8]) -> Model {
    let entries = decode(image).expect("an edited image decodes");
    let entry = |e: &Entry<'_>| ((e.namespace, e.key), OwnedValue::from(&e.value));
    let model = entries.iter().map(entry).collect::<Model>();
    assert_eq!(model.len(), entries.len());
    model
}

pub(crate) fn property(input: Input) {
    let keys = NvsKeys::new([3; 32], [4; 32]).unwrap();
    let mut image = vec![0xFF; (2 + usize::from(input.pages % 6)) * 4096];
    let mut model = Model::new();
    for (namespace, key, content) in input.steps {
        let name = (
            Namespace::new(&format!("{}", namespace % 5)).unwrap(),
            Key::new(&format!("{}", key % 40)).unwrap(),
        );
        let before = image.clone();
        let mut editor = if input.encrypted {
            Editor::encrypted(&mut image, &keys)
        } else {
            Editor::new(&mut image)
        };
        let edited = match content.map(|content| content.value()) {
            Some(value) => editor.set(&name.0, &name.1, value.as_value()).map(|changed| {
                let old = model.insert(name, value.clone());
                assert_eq!(changed, old.as_ref() != Some(&value));
            }),
            None => editor.remove(&name.0, &name.1).map(|found| {
                assert_eq!(found, model.remove(&name).is_some());
            }),
        };
        if let Err(error) = edited {
            let of_value = matches!(
                error,
                Error::StringTooLong { .. } | Error::StringHasNul | Error::BlobTooLong { .. }
            );
            assert!(of_value || matches!(error, Error::PartitionFull { .. }), "{error}");
            assert_eq!(image, before);
            continue;
        }
        let mut plain = image.clone();
        if input.encrypted {
            decrypt(&mut plain, &keys).unwrap();
            let mut again = plain.clone();
            encrypt(&mut again, &keys).unwrap();
            assert_eq!(again, image);
        }
        assert_eq!(read(&plain), model);
        assert!(check(&plain).iter().all(|finding| finding.severity != Severity::Error));
    }
}
