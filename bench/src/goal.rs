//! What figures should be at least or at most.

/// What one figure of a scenario should be.
#[derive(Debug, Clone, Copy)]
pub struct Goal {
    /// The figure.
    pub figure: &'static str,
    /// What is compared with the bound.
    pub of: Of,
    /// What it should be.
    pub bound: Bound,
}

/// What a goal is about.
#[derive(Debug, Clone, Copy)]
pub enum Of {
    /// Our figure.
    Ours,
    /// Our figure divided by that of the server whose name begins like this.
    RatioTo(&'static str),
}

/// Which values are good enough.
#[derive(Debug, Clone, Copy)]
pub enum Bound {
    /// These and smaller ones.
    AtMost(f64),
    /// These and larger ones.
    AtLeast(f64),
}
