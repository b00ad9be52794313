use super::{LabelSheet, millimetres};
use crate::DeviceLabel;
use crate::device_label::{Fitted, LabelError, fit_all};

/// Gap between a label and a cut mark, and the length of the longest mark, in millimetres.
const MARK_GAP: f64 = 1.0;
const MARK: f64 = 5.0;

/// A page before it is drawn.
pub(crate) struct Page<'p> {
    pub(super) sheet: &'p LabelSheet,
    pub(super) labels: Vec<((f64, f64), Fitted<'p>)>,
    /// Whether to draw rectangles around all labels of the page, for a preview.
    pub(super) has_outlines: bool,
}

/// A line, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stroke {
    pub(super) from: (f64, f64),
    pub(super) to: (f64, f64),
}

impl<'p> Page<'p> {
    /// Arranges labels from place `first` of a page on, counted from 0.
    pub(crate) fn new(sheet: &'p LabelSheet, first: u32, labels: &'p [DeviceLabel]) -> Result<Self, LabelError> {
        let fitted = fit_all(labels, sheet.stock.label, sheet.module)?;
        Ok(Self {
            sheet,
            labels: (first..).map(|number| sheet.place(number)).zip(fitted).collect(),
            has_outlines: false,
        })
    }

    /// Adds the outlines of all labels of the page.
    pub(crate) fn with_outlines(mut self) -> Self {
        self.has_outlines = true;
        self
    }

    /// Returns the module size in millimetres.
    pub(super) fn module(&self) -> f64 {
        self.labels.first().map_or(f64::MAX, |(_, label)| label.module)
    }

    pub(super) fn size(&self) -> (f64, f64) {
        let page = self.sheet.stock.page;
        (page.width.get(), page.height.get())
    }

    /// Returns the upper left corners of the outlines.
    pub(super) fn outlines(&self) -> impl Iterator<Item = (f64, f64)> {
        let count = if self.has_outlines { self.sheet.labels() } else { 0 };
        (0..count).map(|number| self.sheet.place(number))
    }

    /// Returns marks where the edges of labels, extended, meet the margins of the page.
    pub(super) fn cut_marks(&self) -> Vec<Stroke> {
        let sheet = self.sheet;
        if !sheet.cut_marks {
            return Vec::new();
        }
        let [left, top, right, bottom] = sheet.free().map(millimetres);
        let (width, height) = self.size();
        let label = sheet.stock.label;
        let edges = |count: u32, place: &dyn Fn(u32) -> f64, size: f64| {
            let mut edges = (0..count)
                .flat_map(|number| [place(number), place(number) + size])
                .collect::<Vec<_>>();
            // Labels without gaps share an edge.
            edges.dedup_by(|a, b| (*a - *b).abs() < 0.01);
            edges
        };
        let length = |free: f64| (free - MARK_GAP).min(MARK);
        let across = edges(sheet.stock.columns, &|number| sheet.place(number).0, label.width.get());
        let columns = sheet.stock.columns;
        let down = edges(
            sheet.stock.rows,
            &|number| sheet.place(number * columns).1,
            label.height.get(),
        );
        let stroke = |from, to| Stroke { from, to };
        let vertical = across.into_iter().flat_map(|x| {
            let (above, below) = (top - MARK_GAP, height - bottom + MARK_GAP);
            [
                stroke((x, above), (x, above - length(top))),
                stroke((x, below), (x, below + length(bottom))),
            ]
        });
        let horizontal = down.into_iter().flat_map(|y| {
            let (before, after) = (left - MARK_GAP, width - right + MARK_GAP);
            [
                stroke((before, y), (before - length(left), y)),
                stroke((after, y), (after + length(right), y)),
            ]
        });
        vertical.chain(horizontal).collect()
    }
}
