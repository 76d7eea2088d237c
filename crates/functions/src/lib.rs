//! The SQL functions and operators of Wayfare, for the pipeline and for analysts alike.
//!
//! Knows DataFusion; refuses to know Ballista, Delta or any tensor library. What a function needs beside its
//! arguments stands in the plan as a literal, by place and hash, and is loaded through [`artefacts::Artefacts`].

pub mod artefacts;
pub mod bucket_merge_exec;
pub mod bucket_of;
pub mod bucketed_table;
pub mod content_digest;
pub mod cosine_similarity;
pub mod deletion_vector;
pub mod describe;
pub mod embed;
pub mod error;
mod folder_files;
pub mod follow_alias;
pub mod item_pack;
mod item_rows;
pub mod list_arguments;
pub mod live_rows;
pub mod malformed_id;
mod mapped_file;
pub mod models;
pub mod name_journey;
pub mod namer_reference;
pub mod operator_codec;
mod pack_cache;
mod part_upload;
pub mod registry;
pub mod relocation;
pub mod salient_terms;
mod scattered_rows;
pub mod segment_journey;
pub mod segment_journeys;
pub mod segment_settings;
pub mod segmented;
pub mod shared;
pub mod single_line_exec;
pub mod text_hash;
mod user_segmentation;
pub mod write_files;
pub mod write_files_exec;
