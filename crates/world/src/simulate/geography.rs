//! Where requests come from: countries with their clocks, access networks and clouds.
//!
//! The address ranges lie inside blocks that such networks use in reality, roughly, so that network
//! facts joined from public data say what the simulated client says: homes are no data centres.
//! Attackers draw from the same tables as everybody else, since where somebody is says nothing.

use event::time::HOUR;

/// An address range and the network it belongs to: `first.second.0.0`, `width` values of `second`.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Its autonomous system.
    pub asn: u64,
    first: u8,
    second: u8,
    width: u8,
}

impl Range {
    const fn new(asn: u64, first: u8, second: u8, width: u8) -> Range {
        Range { asn, first, second, width }
    }

    /// The address in the range that belongs to a key.
    #[must_use]
    pub fn address(&self, key: u64) -> String {
        let second = u64::from(self.second) + (key & 0xFF) % u64::from(self.width);
        let (third, fourth) = (key >> 8 & 0xFF, (key >> 16 & 0xFF).clamp(1, 254));
        format!("{}.{second}.{third}.{fourth}", self.first)
    }
}

/// A country: its share of the world's accounts, its clock, its networks.
#[derive(Debug)]
pub struct Country {
    /// ISO 3166 code.
    pub code: &'static str,
    /// IANA time zone.
    pub zone: &'static str,
    /// Hours ahead of UTC.
    pub offset: i64,
    /// Its share, in thousandths of no exact sum.
    pub weight: u32,
    /// Homes and offices.
    pub home: Range,
    /// Telephones, many behind one address.
    pub mobile: Range,
}

const fn country(
    code: &'static str,
    zone: &'static str,
    offset: i64,
    weight: u32,
    home: Range,
    mobile: Range,
) -> Country {
    Country { code, zone, offset, weight, home, mobile }
}

/// The countries of the simulated world.
pub const COUNTRIES: [Country; 24] = [
    country("US", "America/New_York", -5, 150, at(7922, 73, 0, 200), at(21928, 172, 56, 4)),
    country("US", "America/Los_Angeles", -8, 100, at(20115, 71, 80, 16), at(22394, 174, 192, 30)),
    country("IN", "Asia/Kolkata", 5, 120, at(9829, 117, 192, 60), at(55836, 49, 32, 30)),
    country("GB", "Europe/London", 0, 60, at(2856, 86, 128, 60), at(12576, 31, 94, 2)),
    country("DE", "Europe/Berlin", 1, 60, at(3320, 84, 128, 60), at(6805, 176, 0, 8)),
    country("BR", "America/Sao_Paulo", -3, 60, at(28573, 177, 32, 30), at(26599, 189, 96, 12)),
    country("FR", "Europe/Paris", 1, 45, at(3215, 90, 0, 120), at(5410, 176, 128, 30)),
    country("JP", "Asia/Tokyo", 9, 55, at(17676, 126, 0, 200), at(9605, 49, 96, 6)),
    country("KR", "Asia/Seoul", 9, 35, at(4766, 121, 128, 60), at(9644, 223, 32, 26)),
    country("CA", "America/Toronto", -5, 35, at(577, 70, 48, 8), at(812, 99, 224, 28)),
    country("AU", "Australia/Sydney", 10, 30, at(1221, 101, 160, 28), at(4804, 49, 176, 12)),
    country("ES", "Europe/Madrid", 1, 25, at(3352, 88, 0, 30), at(12430, 77, 208, 12)),
    country("IT", "Europe/Rome", 1, 25, at(3269, 79, 0, 60), at(30722, 37, 160, 8)),
    country("NL", "Europe/Amsterdam", 1, 20, at(33915, 84, 104, 4), at(50266, 188, 204, 4)),
    country("PL", "Europe/Warsaw", 1, 20, at(5617, 83, 0, 28), at(12912, 37, 225, 2)),
    country("TR", "Europe/Istanbul", 3, 20, at(9121, 78, 160, 28), at(16135, 5, 24, 8)),
    country("MX", "America/Mexico_City", -6, 25, at(8151, 189, 128, 60), at(28403, 200, 68, 4)),
    country("SG", "Asia/Singapore", 8, 25, at(9506, 116, 86, 2), at(45143, 119, 56, 4)),
    country("ID", "Asia/Jakarta", 7, 30, at(7713, 36, 64, 28), at(23693, 114, 120, 8)),
    country("VN", "Asia/Ho_Chi_Minh", 7, 20, at(45899, 14, 160, 28), at(7552, 171, 224, 28)),
    country("NG", "Africa/Lagos", 1, 15, at(37148, 197, 210, 2), at(29465, 105, 112, 14)),
    country("ZA", "Africa/Johannesburg", 2, 12, at(37457, 105, 224, 14), at(29975, 41, 0, 30)),
    country(
        "AR",
        "America/Argentina/Buenos_Aires",
        -3,
        15,
        at(7303, 181, 0, 30),
        at(7303, 190, 16, 4),
    ),
    country("SE", "Europe/Stockholm", 1, 15, at(3301, 78, 64, 12), at(44034, 2, 64, 4)),
];

const fn at(asn: u64, first: u8, second: u8, width: u8) -> Range {
    Range::new(asn, first, second, width)
}

/// A cloud's region: where servers call from.
#[derive(Debug)]
pub struct Region {
    /// ISO 3166 code.
    pub code: &'static str,
    /// Its addresses.
    pub range: Range,
}

/// The clouds of the simulated world, most used first.
pub const REGIONS: [Region; 10] = [
    Region { code: "US", range: at(16509, 54, 160, 30) },
    Region { code: "US", range: at(14618, 3, 80, 12) },
    Region { code: "US", range: at(396_982, 34, 64, 60) },
    Region { code: "US", range: at(8075, 20, 40, 8) },
    Region { code: "IE", range: at(16509, 52, 208, 8) },
    Region { code: "DE", range: at(24940, 95, 216, 2) },
    Region { code: "DE", range: at(24940, 65, 108, 2) },
    Region { code: "FR", range: at(16276, 51, 75, 1) },
    Region { code: "NL", range: at(14061, 167, 99, 1) },
    Region { code: "SG", range: at(14061, 159, 65, 1) },
];

/// How busy people are at a time of day, in a place so many hours ahead of UTC; the mean is 1.
#[must_use]
pub fn busy_hour(time: i64, offset: i64) -> f64 {
    let hour = time.div_euclid(HOUR) + offset;
    let total: f64 = BUSY.iter().map(|&weight| f64::from(weight)).sum();
    f64::from(BUSY[hour.rem_euclid(24) as usize]) * 24.0 / total
}

/// The country that belongs to a key, each by its weight.
#[must_use]
pub fn country_of(key: u64) -> &'static Country {
    let total: u64 = COUNTRIES.iter().map(|country| u64::from(country.weight)).sum();
    let mut left = ((u128::from(super::random::mix(key)) * u128::from(total)) >> 64) as u64;
    for country in &COUNTRIES {
        if left < u64::from(country.weight) {
            return country;
        }
        left -= u64::from(country.weight);
    }
    &COUNTRIES[0]
}

/// The cloud region that belongs to a key; the first ones are drawn more often.
#[must_use]
pub fn region_of(key: u64) -> &'static Region {
    let draw = super::random::unit_of(key);
    &REGIONS[(draw * draw * REGIONS.len() as f64) as usize]
}

/// How busy people are in each hour of their day.
const BUSY: [u32; 24] =
    [8, 5, 3, 2, 2, 3, 8, 18, 35, 52, 60, 62, 54, 56, 62, 62, 58, 50, 44, 44, 46, 42, 30, 16];

/// The time, as a part of a span of `hours`, before which lies the part `draw` of what people in a
/// time zone do in that span.
#[must_use]
pub fn busy_time(draw: f64, first_hour: i64, hours: u32, offset: i64) -> f64 {
    if hours > 24 && hours.is_multiple_of(24) {
        // Every day is alike: first the day, then the time of day.
        let days = f64::from(hours / 24);
        let day = (draw * days).floor();
        return (day + busy_time(draw * days - day, first_hour, 24, offset)) / days;
    }
    let weight = |hour: u32| {
        f64::from(BUSY[(first_hour + i64::from(hour) + offset).rem_euclid(24) as usize])
    };
    let total: f64 = (0..hours).map(weight).sum();
    let mut left = draw * total;
    for hour in 0..hours {
        if left < weight(hour) {
            return (f64::from(hour) + left / weight(hour)) / f64::from(hours);
        }
        left -= weight(hour);
    }
    draw
}
