//! The bodies of HTTP requests and responses, one file for each kind of resource.

use serde::Deserialize;
use utoipa::IntoParams;

mod accounts;
mod broker;
mod media;
mod messages;
mod people;
mod rooms;
mod tokens;

pub use accounts::*;
pub use broker::*;
pub use media::*;
pub use messages::*;
pub use people::*;
pub use rooms::*;
pub use tokens::*;

/// The query parameters of a list that is returned in pages.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// Maximum number of entries: 1 to 500; 100 by default
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// The `cursor` of the previous page; absent for the first page
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use utoipa::openapi::path::ParameterIn;

    use super::*;
    use crate::limits;

    #[test]
    fn the_document_has_the_limits_of_a_page() {
        let params = Page::into_params(|| Some(ParameterIn::Query));
        let limit = serde_json::to_value(&params[0]).unwrap();
        let most = u64::from(limits::PAGE_MAX);
        let schema = &limit["schema"];
        assert_eq!(
            (schema["minimum"].as_u64(), schema["maximum"].as_u64()),
            (Some(1), Some(most)),
            "{limit}"
        );
        let words = format!("1 to {most}; {} by default", limits::PAGE_DEFAULT);
        assert!(limit["description"].as_str().unwrap().contains(&words), "{limit}");
    }
}
