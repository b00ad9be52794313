use crate::{Extent, Millimetres};

/// Labels as they are sold: the size of a page and the places of its labels.
///
/// It is checked only by [`LabelSheet`](crate::LabelSheet).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelStock {
    /// The page.
    pub page: Extent,
    /// A label.
    pub label: Extent,
    /// Labels in a row.
    pub columns: u32,
    /// Labels in a column.
    pub rows: u32,
    /// From the page's left and upper edge to the first label; `None` centres the labels on the page.
    pub margins: Option<Extent>,
    /// From a label's left and upper edge to those of the next; `None` for labels without gaps.
    pub pitch: Option<Extent>,
}

const A4: Extent = extent(210_000, 297_000);
const LETTER: Extent = extent(215_900, 279_400);

/// Stock by name: label, columns, rows and pitch. Opposite margins are equal, so that they follow from these.
///
/// Label sizes, numbers and gaps are those printed on the packages (Avery product pages: "labels per sheet", "label
/// size"). The resulting margins are those of the templates of gLabels 3.4 (`avery-iso-templates.xml`,
/// `avery-us-templates.xml`) to within 0.4 mm for A4 and 0.2 mm for Letter, and for L7651 those that Label Planet
/// publishes for its LP65/38 (10.7 and 4.75 mm).
const NAMED: [(&str, Extent, Extent, [u32; 2], Extent); 14] = [
    // Plain paper for cutting, without gaps.
    ("A4", A4, extent(47_500, 39_500), [4, 7], extent(47_500, 39_500)),
    ("Letter", LETTER, extent(48_000, 42_000), [4, 6], extent(48_000, 42_000)),
    // Avery, A4.
    ("L4732", A4, extent(35_600, 16_900), [5, 16], extent(38_100, 16_900)),
    ("L7159", A4, extent(63_500, 33_900), [3, 8], extent(66_000, 33_900)),
    ("L7160", A4, extent(63_500, 38_100), [3, 7], extent(66_000, 38_100)),
    ("L7161", A4, extent(63_500, 46_600), [3, 6], extent(66_000, 46_600)),
    ("L7163", A4, extent(99_100, 38_100), [2, 7], extent(101_600, 38_100)),
    ("L7651", A4, extent(38_100, 21_200), [5, 13], extent(40_600, 21_200)),
    ("L7654", A4, extent(45_700, 25_400), [4, 10], extent(48_300, 25_400)),
    // Avery, Letter, in inches: 2.625 x 1, 4 x 1, 4 x 1.333, 4 x 2, 1.75 x 0.5.
    ("5160", LETTER, extent(66_675, 25_400), [3, 10], extent(69_850, 25_400)),
    (
        "5161",
        LETTER,
        extent(101_600, 25_400),
        [2, 10],
        extent(106_363, 25_400),
    ),
    ("5162", LETTER, extent(101_600, 33_867), [2, 7], extent(106_363, 33_867)),
    ("5163", LETTER, extent(101_600, 50_800), [2, 5], extent(106_363, 50_800)),
    ("5167", LETTER, extent(44_450, 12_700), [4, 20], extent(52_388, 12_700)),
];

const fn extent(width: i32, height: i32) -> Extent {
    let (Ok(width), Ok(height)) = (
        Millimetres::from_micrometres(width),
        Millimetres::from_micrometres(height),
    ) else {
        unreachable!()
    };
    Extent { width, height }
}

impl LabelStock {
    /// Plain A4 paper with 28 labels of 47.5 x 39.5 mm.
    pub const PLAIN: Self = of(&NAMED[0]);

    /// Returns the names that [`LabelStock::named`] accepts.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, ..)| *name)
    }

    /// Returns stock by its name, such as `L7160`, ignoring case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut known = NAMED.iter();
        known.find(|(known, ..)| known.eq_ignore_ascii_case(name)).map(of)
    }

    /// Returns single labels, such as those on a roll: pages of the size of a label.
    #[must_use]
    pub const fn single(label: Extent) -> Self {
        Self {
            page: label,
            label,
            columns: 1,
            rows: 1,
            margins: None,
            pitch: None,
        }
    }

    /// Returns plain paper with as many labels as fit without gaps, leaving a centimetre at the edges free.
    #[must_use]
    pub fn filled(page: Extent, label: Extent) -> Self {
        let fit = |page: Millimetres, label: Millimetres| {
            let room = page.micrometres().saturating_sub(2 * FREE);
            let fitting = room.checked_div(label.micrometres()).unwrap_or_default();
            u32::try_from(fitting).unwrap_or_default().clamp(1, super::MAX_COUNT)
        };
        Self {
            page,
            label,
            columns: fit(page.width, label.width),
            rows: fit(page.height, label.height),
            margins: None,
            pitch: None,
        }
    }

    /// Describes the stock in short, such as `L7160, 63.5 x 38.1 mm, 3 x 7 on a page`.
    #[must_use]
    pub fn describe(&self) -> String {
        let known = NAMED.iter().find(|known| of(known) == *self);
        let name = known.map_or(String::new(), |(name, ..)| format!("{name}, "));
        let grid = match (self.columns, self.rows) {
            (1, 1) => String::new(),
            (columns, rows) => format!(", {columns} x {rows} on a page"),
        };
        format!("{name}{}{grid}", self.label)
    }
}

/// Edge of the paper that many printers do not reach, in thousandths of a millimetre.
const FREE: i32 = 10_000;

const fn of(row: &(&str, Extent, Extent, [u32; 2], Extent)) -> LabelStock {
    let (_, page, label, [columns, rows], pitch) = *row;
    LabelStock {
        page,
        label,
        columns,
        rows,
        margins: None,
        pitch: Some(pitch),
    }
}
