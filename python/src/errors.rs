//! Exceptions: one per kind of trouble, with the message of the library.

use std::error::Error;

use pyo3::exceptions::{PyException, PyValueError};
use pyo3::{PyErr, create_exception};

create_exception!(
    kenyon,
    KenyonError,
    PyValueError,
    "What all errors of this package are derived from; it is a ValueError."
);
create_exception!(
    kenyon,
    ArgumentError,
    KenyonError,
    "An argument that makes no sense: an unknown name, a wrong shape, a number that is not finite."
);
create_exception!(
    kenyon,
    DataError,
    KenyonError,
    "Data that are not found, incomplete or damaged."
);
create_exception!(
    kenyon,
    CircuitError,
    KenyonError,
    "A circuit that is not well-formed or does not fit the data."
);
create_exception!(
    kenyon,
    ModelError,
    KenyonError,
    "A file of a model that is damaged or belongs to other data or another circuit."
);
create_exception!(
    kenyon,
    TrainingError,
    KenyonError,
    "A training that cannot start or diverged."
);
create_exception!(
    kenyon,
    StudyError,
    KenyonError,
    "A study that cannot be carried out."
);
create_exception!(
    kenyon,
    ResultsError,
    KenyonError,
    "A folder of results that is incomplete or was changed."
);
create_exception!(
    kenyon,
    Stopped,
    PyException,
    "The progress callback ended the work before there was a result."
);

/// The message of an error with its causes; libraries that repeat a cause in their own message do not
/// make it appear twice.
fn message(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

macro_rules! conversion {
    ($function:ident, $exception:ident, $meaning:literal) => {
        #[doc = $meaning]
        pub(crate) fn $function(error: impl Error) -> PyErr {
            $exception::new_err(message(&error))
        }
    };
}
conversion!(argument, ArgumentError, "As [`ArgumentError`].");
conversion!(data, DataError, "As [`DataError`].");
conversion!(circuit, CircuitError, "As [`CircuitError`].");
conversion!(model, ModelError, "As [`ModelError`].");
conversion!(training, TrainingError, "As [`TrainingError`].");
conversion!(results, ResultsError, "As [`ResultsError`].");

/// An error of a study, as the kind of trouble that it is.
pub(crate) fn study(error: kenyon_study::StudyError) -> PyErr {
    use kenyon_study::StudyError as Trouble;
    let text = message(&error);
    match error {
        Trouble::Data(_) => DataError::new_err(text),
        Trouble::Circuit(_) | Trouble::Teacher(_) => CircuitError::new_err(text),
        Trouble::Run(_) | Trouble::Odours(_) => TrainingError::new_err(text),
        Trouble::Table(_) | Trouble::Courses { .. } => ArgumentError::new_err(text),
        Trouble::Stopped => Stopped::new_err(text),
        _ => StudyError::new_err(text),
    }
}

/// An [`ArgumentError`] with that message.
pub(crate) fn wrong(message: impl Into<String>) -> PyErr {
    ArgumentError::new_err(message.into())
}
