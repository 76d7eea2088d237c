//! Registers every function under its name: the same set on whatever plans or runs a statement.

use std::sync::Arc;

use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::prelude::SessionContext;

use crate::artefacts::{Artefacts, FunctionDefaults};
use crate::bucket_of::BucketOf;
use crate::content_digest::ContentDigest;
use crate::cosine_similarity::CosineSimilarity;
use crate::deletion_vector::DeletionVector;
use crate::describe::centroid::Centroid;
use crate::describe::concepts::Concepts;
use crate::describe::representatives::Representatives;
use crate::embed::{Embed, EmbedAsync};
use crate::follow_alias::FollowAlias;
use crate::malformed_id::MalformedId;
use crate::name_journey::{NameJourney, NameJourneyAsync};
use crate::salient_terms::SalientTerms;
use crate::segment_journey::SegmentJourney;
use crate::segment_journeys::SegmentJourneys;
use crate::shared::Shared;
use crate::text_hash::TextHash;

/// Registers the functions. `defaults` are written into plans whose calls leave them out.
pub fn register_functions(context: &SessionContext, artefacts: &Arc<Artefacts>, defaults: &FunctionDefaults) {
    let artefacts = Shared(Arc::clone(artefacts));
    let scalars = [
        ScalarUDF::from(BucketOf::default()),
        ScalarUDF::from(ContentDigest::default()),
        ScalarUDF::from(CosineSimilarity::default()),
        ScalarUDF::from(Embed::new(&artefacts, defaults.encoder.clone())),
        EmbedAsync::udf(&artefacts),
        ScalarUDF::from(FollowAlias::default()),
        ScalarUDF::from(MalformedId::default()),
        ScalarUDF::from(NameJourney::new(&artefacts, defaults.namer.clone())),
        NameJourneyAsync::udf(&artefacts),
        ScalarUDF::from(SalientTerms::new(&artefacts)),
        ScalarUDF::from(TextHash::default()),
    ];
    for function in scalars {
        context.register_udf(function);
    }
    context.register_udaf(AggregateUDF::from(Centroid::default()));
    context.register_udaf(AggregateUDF::from(Concepts::default()));
    context.register_udaf(AggregateUDF::from(DeletionVector::default()));
    context.register_udaf(AggregateUDF::from(Representatives::default()));
    context.register_udaf(AggregateUDF::from(SegmentJourneys::new(
        &artefacts,
        defaults.segment_settings.clone(),
    )));
    context.register_udwf(WindowUDF::from(SegmentJourney::new(
        &artefacts,
        defaults.segment_settings.clone(),
    )));
}
