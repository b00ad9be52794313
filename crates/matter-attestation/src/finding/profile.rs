/// The set of rules that decide on acceptance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// All rules of the specification and of the certification test harness.
    #[default]
    Strict,
    /// Only the rules that the Matter SDK's own commissioner enforces; other broken rules are warnings.
    Sdk,
}
