//! The room of partners: read models of their application, network and training.

pub mod certificates;
pub mod courses;
pub mod partners;
pub mod training;

use crate::ground::{AtWork, Lines, Rows};

pub(crate) fn views(whole: bool) -> Vec<Box<dyn AtWork>> {
    vec![
        Box::new(Rows::<partners::Entity>::new(whole)),
        Box::new(Rows::<courses::Entity>::new(whole)),
        Box::new(Rows::<training::Entity>::new(whole)),
        Box::new(Lines::<certificates::Entity>::new()),
    ]
}
