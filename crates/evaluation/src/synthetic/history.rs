//! One user's history: planted journeys, evenings spent on another topic, everyday items, and bursts.

use super::options::GenerateOptions;
use crate::random::Random;
use crate::vocabulary::TOPICS;

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// Activities that a journey has on average at least, where the user has as many.
const ACTIVITIES_PER_JOURNEY: usize = 12;
const MOST_JOURNEYS: usize = 4;
/// Share of the noise that comes as bursts of one topic, while there are topics left that the user has not touched.
const BURST_SHARE: f64 = 0.4;
const LONGEST_BURST: usize = 4;
/// Activities of one burst of many, and the time in which they come.
const BURST_OF_MANY: (usize, usize) = (8, 40);
const BURST_OF_MANY_US: i64 = 10 * 60 * SECOND;
/// Tells the sequence of what is drawn beside the history from that of the history.
const BURSTS_STREAM: u64 = 0x6275_7273_7473;
/// A journey lasts at least this share of the whole time.
const SHORTEST_SPAN: f64 = 0.4;

/// Numbers the items: those of the topics first, then the everyday ones.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) items_per_topic: usize,
    pub(crate) everyday_items: usize,
}

impl Catalogue {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let items_per_topic = options.items_per_topic as usize;
        Self {
            items_per_topic,
            everyday_items: 10 * items_per_topic,
        }
    }

    pub(crate) fn topic_item(&self, topic: usize, number: usize) -> usize {
        topic * self.items_per_topic + number
    }

    pub(crate) fn everyday_item(&self, number: usize) -> usize {
        TOPICS.len() * self.items_per_topic + number
    }

    pub(crate) fn item_id(item: usize) -> String {
        format!("item-{item:07}")
    }
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) item: usize,
    pub(crate) occurred_at_us: i64,
    pub(crate) weight: f32,
    /// The topic of the journey that the activity belongs to; none for noise.
    pub(crate) topic: Option<usize>,
    /// The topic of the burst of many that it belongs to, if it does.
    pub(crate) burst: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct History {
    /// In time order; no two at the same time.
    pub(crate) events: Vec<Event>,
    pub(crate) planted_journeys: u64,
}

pub(crate) fn history_of(options: &GenerateOptions, catalogue: &Catalogue, user: u64, count: u64) -> History {
    let mut drawing = Drawing::new(options, catalogue, user);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    // From a sequence of their own, so that without them everything is as if there were none.
    let mut beside = Random::stream(options.seed ^ BURSTS_STREAM, user);
    let in_bursts = (0..count).filter(|_| beside.chance(options.burst_share)).count();
    let count = count - in_bursts;
    let noise = (0..count)
        .filter(|_| drawing.random.chance(options.noise_share))
        .count();
    let planted = count - noise;
    let journeys = drawing
        .random
        .between(1, (planted / ACTIVITIES_PER_JOURNEY).clamp(1, MOST_JOURNEYS));
    let topics = drawing.shuffled_topics();
    let (pursued, others) = topics.split_at(journeys);

    for (position, &topic) in pursued.iter().enumerate() {
        // Equal parts; the first journeys take what is left over.
        let part = planted / journeys + usize::from(position < planted % journeys);
        drawing.journey(topic, part);
    }
    let mut left = noise;
    for &topic in others {
        if left == 0 || !drawing.random.chance(BURST_SHARE) {
            break;
        }
        let length = drawing.random.between(1, LONGEST_BURST).min(left);
        drawing.burst(topic, length);
        left -= length;
    }
    drawing.everyday(left);
    drawing.random = beside;
    drawing.bursts_of_many(others, in_bursts);

    let planted_journeys = pursued.len().min(planted) as u64;
    History {
        events: drawing.in_time_order(),
        planted_journeys,
    }
}

#[derive(Debug)]
struct Drawing<'a> {
    catalogue: &'a Catalogue,
    random: Random,
    start_at_us: i64,
    length_us: i64,
    events: Vec<Event>,
}

impl<'a> Drawing<'a> {
    fn new(options: &GenerateOptions, catalogue: &'a Catalogue, user: u64) -> Self {
        Self {
            catalogue,
            random: Random::stream(options.seed, user),
            start_at_us: options.start_at_us,
            length_us: i64::from(options.days) * DAY,
            events: Vec::new(),
        }
    }

    fn shuffled_topics(&mut self) -> Vec<usize> {
        let mut topics: Vec<usize> = (0..TOPICS.len()).collect();
        for last in (1..topics.len()).rev() {
            topics.swap(last, self.random.below(last + 1));
        }
        topics
    }

    fn journey(&mut self, topic: usize, activities: usize) {
        let shortest = scaled(self.length_us, SHORTEST_SPAN);
        let span = shortest + self.random.microseconds_below(self.length_us - shortest);
        let start = self.random.microseconds_below(self.length_us - span);
        for _ in 0..activities {
            // Popular items come first; everyone sees them more often.
            let popularity = self.random.unit().min(self.random.unit());
            let number = index(self.catalogue.items_per_topic, popularity);
            let moment = start + self.random.microseconds_below(span);
            let moment = self.at_a_likely_hour(moment);
            self.add(self.catalogue.topic_item(topic, number), moment, Some(topic));
        }
    }

    fn burst(&mut self, topic: usize, activities: usize) {
        let evening = self.random.microseconds_below(self.length_us);
        let evening = self.at_a_likely_hour(evening);
        for _ in 0..activities {
            let number = self.random.below(self.catalogue.items_per_topic);
            let moment = evening + self.random.microseconds_below(HOUR);
            self.add(self.catalogue.topic_item(topic, number), moment, None);
        }
    }

    /// On topics that the user does not pursue, the last ones first, as single evenings go through them from the front.
    fn bursts_of_many(&mut self, topics: &[usize], activities: usize) {
        let mut topics = topics.iter().rev().cycle();
        let mut left = activities;
        while left > 0
            && let Some(&topic) = topics.next()
        {
            let (fewest, most) = BURST_OF_MANY;
            let length = self.random.between(fewest, most).min(left);
            let begin = self.random.microseconds_below(self.length_us);
            for _ in 0..length {
                let number = self.random.below(self.catalogue.items_per_topic);
                let moment = begin + self.random.microseconds_below(BURST_OF_MANY_US);
                self.add(self.catalogue.topic_item(topic, number), moment, None);
                if let Some(event) = self.events.last_mut() {
                    event.burst = Some(topic);
                }
            }
            left -= length;
        }
    }

    fn everyday(&mut self, activities: usize) {
        for _ in 0..activities {
            let number = self.random.below(self.catalogue.everyday_items);
            let moment = self.random.microseconds_below(self.length_us);
            let moment = self.at_a_likely_hour(moment);
            self.add(self.catalogue.everyday_item(number), moment, None);
        }
    }

    /// Moves most moments to the evening of their day.
    fn at_a_likely_hour(&mut self, moment: i64) -> i64 {
        if self.random.chance(0.3) {
            return moment;
        }
        moment - moment % DAY + 18 * HOUR + self.random.microseconds_below(5 * HOUR)
    }

    fn add(&mut self, item: usize, moment: i64, topic: Option<usize>) {
        let weight = [0.5, 1.0, 1.0, 1.0, 2.0][self.random.below(5)];
        let occurred_at_us = self.start_at_us + moment.clamp(0, self.length_us - 1);
        self.events.push(Event {
            item,
            occurred_at_us,
            weight,
            topic,
            burst: None,
        });
    }

    fn in_time_order(mut self) -> Vec<Event> {
        self.events.sort_by_key(|event| event.occurred_at_us);
        for position in 1..self.events.len() {
            let earliest = self.events[position - 1].occurred_at_us + 1;
            let event = &mut self.events[position];
            event.occurred_at_us = event.occurred_at_us.max(earliest);
        }
        self.events
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a fraction of a whole number, bounded by it"
)]
fn scaled(whole: i64, fraction: f64) -> i64 {
    (whole as f64 * fraction) as i64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a fraction of a whole number, bounded by it"
)]
fn index(length: usize, fraction: f64) -> usize {
    ((length as f64 * fraction) as usize).min(length.saturating_sub(1))
}
