//! The topics: forty things people pursue, each with ten facets.

use super::Topic;

/// Subjects, journeys and facets are distinct.
pub const TOPICS: [Topic; 40] = [
    Topic {
        journey: "learning the ukulele",
        subject: "ukulele",
        facets: "strumming patterns; four-chord songs; fingerpicking; tuning by ear; soprano and tenor sizes; \
                 barre chords; changing strings; campfire songs; reading tabs; a daily practice routine",
    },
    Topic {
        journey: "baking sourdough bread",
        subject: "sourdough",
        facets: "feeding a starter; autolyse; bulk fermentation; scoring patterns; dutch oven baking; \
                 rye levain; shaping a boule; open crumb; hydration percentages; discard pancakes",
    },
    Topic {
        journey: "hydroponics for small spaces",
        subject: "hydroponics",
        facets: "nutrient solution; kratky jars; deep water culture; grow lights; lettuce seedlings; \
                 pH balance; vertical towers; root rot; clay pebbles; indoor herbs",
    },
    Topic {
        journey: "training for a first marathon",
        subject: "marathon training",
        facets: "long runs; tempo pace; carbon shoes; energy gels; tapering; \
                 recovery weeks; heart rate zones; race day nerves; negative splits; runner's knee",
    },
    Topic {
        journey: "restoring vintage motorcycles",
        subject: "motorcycle restoration",
        facets: "carburetor cleaning; rusty fuel tanks; wiring looms; chrome plating; engine rebuilds; \
                 kick starters; spoke wheels; barn finds; leather seats; ignition timing",
    },
    Topic {
        journey: "watercolor landscapes",
        subject: "watercolor",
        facets: "wet on wet washes; granulating pigments; cold press paper; misty mountains; cloud skies; \
                 masking fluid; colour mixing; sketchbook trees; brush control; negative painting",
    },
    Topic {
        journey: "keeping backyard chickens",
        subject: "backyard chickens",
        facets: "coop building; laying hens; mealworm treats; brooder chicks; predator fencing; \
                 moulting; egg colours; deep litter; pecking order; winter heat",
    },
    Topic {
        journey: "learning conversational japanese",
        subject: "japanese language",
        facets: "hiragana practice; kanji mnemonics; particles wa and ga; polite verb forms; counting words; \
                 listening drills; anime phrases; ordering ramen; pitch accent; spaced repetition",
    },
    Topic {
        journey: "amateur astronomy with a telescope",
        subject: "amateur astronomy",
        facets: "saturn's rings; dobsonian telescopes; star charts; light pollution; deep sky nebulae; \
                 eyepieces; collimation; meteor showers; lunar craters; astrophotography stacking",
    },
    Topic {
        journey: "building mechanical keyboards",
        subject: "mechanical keyboards",
        facets: "tactile switches; lubing stabilizers; keycap sets; hot-swap boards; soldering PCBs; \
                 brass plates; typing sound tests; split layouts; firmware macros; foam mods",
    },
    Topic {
        journey: "playing chess openings well",
        subject: "chess openings",
        facets: "sicilian defense; queen's gambit; king's indian; london system; move order tricks; \
                 caro-kann; gambit traps; pawn structures; repertoire building; endgame transitions",
    },
    Topic {
        journey: "home espresso brewing",
        subject: "home espresso",
        facets: "grind size; puck prep; milk steaming; latte art; pressure profiling; \
                 burr grinders; portafilter baskets; extraction time; descaling; single origin shots",
    },
    Topic {
        journey: "knitting colorwork sweaters",
        subject: "knitting",
        facets: "fair isle charts; yarn weights; circular needles; raglan increases; steeking; \
                 blocking wool; cable stitches; ribbed cuffs; dropped stitches; gauge swatches",
    },
    Topic {
        journey: "fly fishing for trout",
        subject: "fly fishing",
        facets: "dry flies; roll casting; nymph rigs; reading river currents; tying knots; \
                 wading boots; mayfly hatch; tippet sizes; catch and release; brown trout",
    },
    Topic {
        journey: "tiny house living",
        subject: "tiny houses",
        facets: "trailer foundations; loft beds; composting toilets; solar panels; space-saving stairs; \
                 wood stoves; zoning rules; water tanks; insulation panels; downsizing wardrobe",
    },
    Topic {
        journey: "beekeeping for beginners",
        subject: "beekeeping",
        facets: "queen spotting; hive inspections; varroa mites; honey extraction; smoker fuel; \
                 swarm catching; wax foundation; bee suits; winter feeding; pollen patties",
    },
    Topic {
        journey: "bouldering and climbing technique",
        subject: "bouldering",
        facets: "heel hooks; crimp strength; slab balance; dyno moves; finger training; \
                 chalk choices; overhang problems; climbing shoes; campus board; fear of falling",
    },
    Topic {
        journey: "raising a border collie puppy",
        subject: "puppy training",
        facets: "crate training; recall commands; herding instinct; leash manners; teething; \
                 agility jumps; socialisation; house breaking; clicker rewards; separation anxiety",
    },
    Topic {
        journey: "modelling miniature railways",
        subject: "model railways",
        facets: "track layouts; scenery foam; locomotive decoders; ballasting; signal boxes; \
                 weathering wagons; station buildings; N gauge curves; tunnel portals; timetable running",
    },
    Topic {
        journey: "making natural soap",
        subject: "soap making",
        facets: "lye safety; cold process; essential oils; olive oil castile; swirl designs; \
                 curing racks; silicone moulds; goat milk bars; superfat; botanical colours",
    },
    Topic {
        journey: "wild mushroom foraging",
        subject: "mushroom foraging",
        facets: "chanterelles; spore prints; poisonous lookalikes; morel season; forest habitats; \
                 porcini drying; field guides; bolete pores; oyster clusters; puffball slices",
    },
    Topic {
        journey: "producing lo-fi music",
        subject: "lo-fi production",
        facets: "vinyl crackle; chopped samples; swung drums; jazzy chords; sidechain compression; \
                 tape saturation; MIDI controllers; beat sketches; mixing low end; looping rhodes",
    },
    Topic {
        journey: "investing in index funds",
        subject: "index investing",
        facets: "expense ratios; dollar cost averaging; bond allocation; rebalancing; dividend reinvestment; \
                 retirement accounts; market crashes; tax lots; emergency fund; global equities",
    },
    Topic {
        journey: "bonsai tree care",
        subject: "bonsai",
        facets: "wiring branches; juniper styling; repotting soil; root pruning; moss tops; \
                 maple leaves; watering schedule; jin deadwood; shallow pots; ficus cuttings",
    },
    Topic {
        journey: "long distance bike touring",
        subject: "bicycle touring",
        facets: "panniers; steel frames; bikepacking bags; coastal routes; camping stoves; \
                 puncture repair; gear ratios; mountain passes; dynamo lights; border crossings",
    },
    Topic {
        journey: "sewing your own clothes",
        subject: "sewing clothes",
        facets: "pattern cutting; zip insertion; overlocking seams; linen dresses; dart fitting; \
                 buttonholes; hemming jeans; fabric grain; pocket linings; toile fittings",
    },
    Topic {
        journey: "cooking thai curries",
        subject: "thai cooking",
        facets: "green curry paste; coconut milk; lemongrass; fish sauce balance; sticky rice; \
                 pad thai noodles; galangal; mortar and pestle; thai basil; massaman potatoes",
    },
    Topic {
        journey: "saltwater reef aquariums",
        subject: "reef aquarium",
        facets: "coral frags; protein skimmers; clownfish pairs; live rock; alkalinity dosing; \
                 nitrate tests; LED spectrum; anemone hosts; tank cycling; cleanup crew",
    },
    Topic {
        journey: "learning the rust programming language",
        subject: "rust programming",
        facets: "borrow checker; lifetimes; trait objects; error handling; cargo workspaces; \
                 async tasks; pattern matching; iterators; smart pointers; macros by example",
    },
    Topic {
        journey: "meditation and mindful breathing",
        subject: "meditation",
        facets: "breath counting; body scan; loving kindness; morning sitting; wandering mind; \
                 zen cushions; silent retreats; anxiety relief; guided sessions; walking mindfully",
    },
    Topic {
        journey: "genealogy and family history",
        subject: "genealogy",
        facets: "parish registers; census records; DNA matches; immigration lists; gravestone photos; \
                 family trees; old handwriting; military service; maiden names; interviewing grandparents",
    },
    Topic {
        journey: "woodturning bowls on a lathe",
        subject: "woodturning",
        facets: "bowl gouges; green wood; lathe speed; sharpening jigs; spindle pens; \
                 sanding finishes; burl slabs; chuck jaws; natural edge; segmented rings",
    },
    Topic {
        journey: "planning a japanese garden",
        subject: "japanese garden",
        facets: "stone lanterns; koi ponds; raked gravel; moss carpets; bamboo fences; \
                 maple placement; stepping stones; tea house; dry waterfalls; pruning pines",
    },
    Topic {
        journey: "film photography on 35mm",
        subject: "film photography",
        facets: "light meters; black and white rolls; darkroom prints; rangefinders; developing tanks; \
                 grain and contrast; street portraits; scanning negatives; expired film; zone focusing",
    },
    Topic {
        journey: "growing hot peppers",
        subject: "chili peppers",
        facets: "habanero seeds; scoville heat; hot sauce fermentation; overwintering plants; seedling hardening; \
                 ghost pepper; pruning tops; drying flakes; aphids; container soil",
    },
    Topic {
        journey: "dungeons and dragons game mastering",
        subject: "dungeon mastering",
        facets: "session zero; encounter balance; homebrew worlds; villain motives; battle maps; \
                 improvising characters; dice rolls; plot hooks; puzzle rooms; character backstories",
    },
    Topic {
        journey: "electric car conversion",
        subject: "electric car conversion",
        facets: "battery modules; motor adapters; charging ports; inverters; regenerative braking; \
                 donor cars; range estimates; high voltage safety; cooling loops; legal inspection",
    },
    Topic {
        journey: "calligraphy and hand lettering",
        subject: "calligraphy",
        facets: "pointed nibs; copperplate; brush pens; ink flow; italic strokes; \
                 guidelines; flourishes; envelope addressing; gothic letters; layout spacing",
    },
    Topic {
        journey: "surfing for adult learners",
        subject: "surfing",
        facets: "pop up drill; foam boards; reading waves; paddling endurance; wetsuits; \
                 duck diving; bottom turns; surf etiquette; tide charts; fins setup",
    },
    Topic {
        journey: "ancient roman history",
        subject: "roman history",
        facets: "republic senate; julius caesar; legion tactics; aqueducts; gladiator games; \
                 punic wars; pompeii ruins; emperor augustus; latin inscriptions; fall of the west",
    },
];
