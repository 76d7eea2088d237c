//! What a user's history becomes, case by case.

#[path = "segmentation/input_errors.rs"]
mod input_errors;
#[path = "support/interests.rs"]
mod interests;
#[path = "segmentation/long_histories.rs"]
mod long_histories;
#[path = "segmentation/merging.rs"]
mod merging;
#[path = "segmentation/naming.rs"]
mod naming;
#[path = "segmentation/recognition.rs"]
mod recognition;
#[path = "support/tables.rs"]
mod tables;
#[path = "support/world.rs"]
mod world;
