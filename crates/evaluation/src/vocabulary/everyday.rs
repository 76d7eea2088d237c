//! Everyday things that people glance at: what happened, where, and how it is presented.

use super::{ItemText, capitalise};

/// Separated by commas, like the other lists.
const EVENTS: &str = "\
    penguin,hailstorm,umbrella,lighthouse,elevator,sinkhole,lottery,goat,fireworks,courtroom, \
    smartphone,rocket,heist,debate,ghost,royalty,parade,wedding,marble,traffic,avalanche,balloon, \
    circus,dolphin,earthquake,escalator,ferry,flamingo,gorilla,hamster,hurricane,iceberg,jackpot, \
    kangaroo,karaoke,lawsuit,lemonade,limousine,magician,mayor,meteorologist,moose,mural, \
    newscaster,octopus,orchestra,ostrich,pancake,paparazzi,parachute,parrot,pizza,protest,pumpkin, \
    raccoon,referee,robbery,robot,rollercoaster,sandstorm,scarecrow,scooter,seagull,senator, \
    skyscraper,sloth,snowman,spaghetti,squirrel,stuntman,submarine,sumo,tarantula,taxi,tornado, \
    tractor,trampoline,treadmill,trombone,tsunami,turtle,tuxedo,unicycle,vampire,vault,vending, \
    ventriloquist,volcano,waiter,walrus,waterslide,weatherman,whale,windmill,wrestler,yodeler";
/// Where it happened.
const PLACES: &str = "\
    Lisbon,Alaska,Osaka,Nairobi,Iceland,Chicago,Patagonia,Dublin,Havana,Jakarta,Vienna,Marrakesh, \
    Oslo,Sydney,Bogota,Athens,Mumbai,Toronto,Seville,Warsaw,airport,parliament,supermarket,stadium, \
    beach,opera,zoo,subway,library,hospital,casino,university,desert,prison,harbour,theatre, \
    carwash,embassy,mall,cathedral,bakery,motorway,suburb,castle,ski-lift,kindergarten,barracks, \
    laundromat";
/// How it is presented.
const REACTIONS: &str = "\
    shocks everyone,goes viral,caught on camera,live stream,investigated,compilation,breaking news, \
    parody,slow motion,divides the internet,official statement,gone wrong,full episode,ranked, \
    backstage,aftermath,prank,trailer,interview,documentary,bloopers,unboxing,countdown,remix";

/// The `number`-th everyday item: belongs to no topic, and has little in common with the others of its kind.
pub fn everyday_item(number: usize) -> ItemText {
    let (events, places, reactions) = (words(EVENTS), words(PLACES), words(REACTIONS));
    // Digits of the number in mixed radix, each shifted by those before it: neighbours differ in everything.
    let first = number % events.len();
    let second = first + number / events.len();
    let third = second + number / (events.len() * places.len());
    let (event, place) = (events[first], places[second % places.len()]);
    let reaction = reactions[third % reactions.len()];
    let repeat = number / (events.len() * places.len() * reactions.len());
    let title = capitalise(&format!("{event} in {place} {reaction}"));
    ItemText {
        title: if repeat == 0 {
            title
        } else {
            format!("{title} #{}", repeat + 1)
        },
        text: None,
        tags: vec![event.to_owned()],
    }
}

fn words(list: &'static str) -> Vec<&'static str> {
    list.split(',').map(str::trim).collect()
}
