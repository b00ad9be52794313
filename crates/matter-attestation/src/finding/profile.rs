/// Which rules decide about acceptance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Every rule of the specification and of the certification test harness.
    #[default]
    Strict,
    /// What the Matter SDK's own commissioner enforces, and nothing more; a broken rule that it does not check is a
    /// warning.
    Sdk,
}
