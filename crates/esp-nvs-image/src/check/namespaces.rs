use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::kind::FindingKind;
use super::stored_key::StoredKey;
use super::survey::Survey;
use crate::item_type::ItemType;
use crate::layout::{MAX_NAMESPACES, NAMESPACE_TABLE};

/// The namespaces that can be opened.
#[derive(Default)]
pub(crate) struct Names {
    /// By index: where the entry lies, and the name.
    pub(crate) by_index: BTreeMap<u8, (usize, StoredKey)>,
    findings: Vec<(usize, FindingKind)>,
}

impl Names {
    /// Reads the table of namespaces as the firmware does: page by page, in each up to the first entry that is none.
    pub(crate) fn new(survey: &Survey<'_>) -> Self {
        let mut names = Self::default();
        let mut known = BTreeSet::new();
        let mut taken = BTreeMap::new();
        let mut ended_page = None;
        for (_, record) in survey.kept_records().filter(|(_, record)| record.is_in_table()) {
            let (name, offset, [index, ..]) = (record.key, record.offset, record.data);
            if record.kind != ItemType::U8 {
                let kind = FindingKind::NamespaceTableType { key: name };
                names.findings.push((offset, kind));
                ended_page = Some(record.rank);
                continue;
            }
            if ended_page == Some(record.rank) {
                continue;
            }
            let is_legal = index != NAMESPACE_TABLE && usize::from(index) <= MAX_NAMESPACES;
            if !is_legal {
                let kind = FindingKind::NamespaceIndexReserved { name, index };
                names.findings.push((offset, kind));
            } else if let Some(&earlier) = taken.get(&index) {
                let kind = FindingKind::NamespaceIndexTwice { name, index, earlier };
                names.findings.push((offset, kind));
            } else {
                taken.insert(index, offset);
            }
            // A name that stands twice opens the first of its indices.
            if known.insert(name) && is_legal {
                names.by_index.entry(index).or_insert((offset, name));
            }
        }
        for (&index, &offset) in &taken {
            if index > 1 && !taken.contains_key(&(index - 1)) {
                let kind = FindingKind::NamespaceIndexGap { index };
                names.findings.push((offset, kind));
            }
        }
        names
    }
}

/// Reports on the table of namespaces, on entries outside of it, and on namespaces that hold nothing.
pub(super) fn check(survey: &mut Survey<'_>) {
    let names = Names::new(survey);
    let mut used = BTreeMap::<u8, (usize, usize)>::new();
    for (_, record) in survey.kept_records().filter(|(_, record)| !record.is_in_table()) {
        let (first, entries) = used.entry(record.namespace).or_insert((record.offset, 0));
        *first = record.offset.min(*first);
        *entries += 1;
    }
    for (&index, &(first, entries)) in &used {
        if !names.by_index.contains_key(&index) {
            survey.report(Some(first), FindingKind::UnknownNamespace { index, entries });
        }
    }
    for (index, (offset, name)) in names.by_index {
        if !used.contains_key(&index) {
            survey.report(Some(offset), FindingKind::NamespaceWithoutKeys { name });
        }
    }
    for (offset, kind) in names.findings {
        survey.report(Some(offset), kind);
    }
}
