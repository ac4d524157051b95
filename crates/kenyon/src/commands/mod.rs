//! One file per command.

pub(crate) mod bench;
pub(crate) mod data;
pub(crate) mod evaluate;
pub(crate) mod gradcheck;
pub(crate) mod inspect;
pub(crate) mod nulls;
pub(crate) mod report;
pub(crate) mod reproduce;
pub(crate) mod screen;
pub(crate) mod sensitivity;
pub(crate) mod simulate;
pub(crate) mod study;
pub(crate) mod train;
pub(crate) mod verify;
