//! A partner's people: personal data that is opened when it is asked for, with all that the answer asks for besides.

use async_graphql::{ComplexObject, Context};
use domain::partner::ContactDetails;
use eventlog::SealedValue;
use uuid::Uuid;

use crate::graphql::ground::{
    asked::Asked,
    failure::Failure,
    show::{read, shows},
};

shows! {
    /// A person of a partner. What is personal is null once the person's data has been erased.
    #[graphql(complex)]
    Contact of (value: SealedValue) {
        /// The person's id, under which training and certificates are recorded.
        person: Uuid = value.subject.0,
        #[graphql(skip)]
        details: SealedValue = value,
    }
}

#[ComplexObject]
impl Contact {
    /// First name.
    async fn first_name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.opened(ctx).await?.map(|details| details.first_name))
    }

    /// Last name.
    async fn last_name(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.opened(ctx).await?.map(|details| details.last_name))
    }

    /// E-mail address.
    async fn email(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.opened(ctx).await?.map(|details| details.email))
    }

    /// Telephone number.
    async fn phone(&self, ctx: &Context<'_>) -> Result<Option<String>, Failure> {
        Ok(self.opened(ctx).await?.and_then(|details| details.phone))
    }
}

impl Contact {
    async fn opened(&self, ctx: &Context<'_>) -> Result<Option<ContactDetails>, Failure> {
        let opened = Asked::of(ctx)?.opened(&self.details).await?;
        opened.as_ref().map(read).transpose()
    }
}
