//! What partners' people learn (curriculum): courses step by step, and the certifications that they lead to.

use serde::{Deserialize, Serialize};

use super::{ProgramEvent, ProgramRefusal, Rulebook};
use crate::{
    PolicyRef,
    refusal::{Invalid, some},
};

/// The newest version of a course.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Course {
    pub version: u32,
    pub area: String,
    pub modules: Vec<String>,
    pub step: u32,
}

/// The newest version of a certification.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Certification {
    pub version: u32,
    pub courses: Vec<String>,
    pub exam: String,
    pub valid_for_months: Option<u32>,
}

impl Course {
    /// Names this version of the course, which stands under `name`.
    pub(crate) fn policy_ref(&self, name: &str) -> PolicyRef {
        PolicyRef { id: format!("course/{name}"), version: self.version }
    }
}

impl Certification {
    /// Names this version of the certification, which stands under `name`.
    pub(crate) fn policy_ref(&self, name: &str) -> PolicyRef {
        PolicyRef { id: format!("certification/{name}"), version: self.version }
    }
}

pub(super) fn publish(
    rulebook: &Rulebook,
    course: &str,
    area: &str,
    modules: &[String],
    step: u32,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    distinct_texts("modules", modules)?;
    Ok(vec![ProgramEvent::CoursePublished {
        course: course.to_owned(),
        version: rulebook.courses.get(course).map_or(1, |course| course.version + 1),
        area: area.to_owned(),
        modules: modules.to_vec(),
        step,
    }])
}

pub(super) fn define(
    rulebook: &Rulebook,
    certification: &str,
    courses: &[String],
    exam: &str,
    valid_for_months: Option<u32>,
) -> Result<Vec<ProgramEvent>, ProgramRefusal> {
    distinct_texts("courses", courses)?;
    if let Some(course) = courses.iter().find(|course| !rulebook.courses.contains_key(*course)) {
        return Err(ProgramRefusal::UnknownCourse { course: course.clone() });
    }
    let known = rulebook.certifications.get(certification);
    Ok(vec![ProgramEvent::CertificationDefined {
        certification: certification.to_owned(),
        version: known.map_or(1, |known| known.version + 1),
        courses: courses.to_vec(),
        exam: exam.to_owned(),
        valid_for_months,
    }])
}

fn distinct_texts(field: &str, texts: &[String]) -> Result<(), Invalid> {
    some(field, texts)?;
    for (index, value) in texts.iter().enumerate() {
        if texts[..index].contains(value) {
            return Err(Invalid::new(field, format!("names {value} twice")));
        }
    }
    Ok(())
}
