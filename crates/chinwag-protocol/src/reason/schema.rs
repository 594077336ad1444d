//! The schema of a refusal's parameters, for OpenAPI and AsyncAPI.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Reason;
use crate::params::{Params, REASON};

/// The schema is open: a client must accept reasons and parameters that it does not know.
impl PartialSchema for Params {
    fn schema() -> RefOr<Schema> {
        let words: Vec<_> = Reason::all().into_iter().map(|reason| reason.word).collect();
        let reason = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(format!("One of {}; later versions may have more.", words.join(", "))));
        let value = OneOfBuilder::new()
            .item(ObjectBuilder::new().schema_type(Type::String))
            .item(ObjectBuilder::new().schema_type(Type::Integer));
        ObjectBuilder::new()
            .description(Some("What a client needs in order to say the error in the person's language."))
            .property(REASON, reason)
            .required(REASON)
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(value.into()))))
            .into()
    }
}

impl ToSchema for Params {
    fn name() -> Cow<'static, str> {
        "ErrorParams".into()
    }
}
