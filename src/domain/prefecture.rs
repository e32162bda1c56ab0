//! The 47 prefectures by their codes of JIS X 0401.

/// A prefecture, 01 (北海道) to 47 (沖縄県).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefecture(u8);

const NAMES: [&str; 47] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "神奈川県",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

impl Prefecture {
    /// The prefecture of a number; `None` outside 1 to 47.
    pub fn from_number(number: u8) -> Option<Self> {
        (1..=47).contains(&number).then_some(Self(number))
    }

    /// Reads `13`, `東京都` or `東京`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = super::text::fold(text);
        if let Ok(number) = text.parse() {
            return Self::from_number(number);
        }
        let short = |name: &str| name.strip_suffix(['都', '府', '県']).is_some_and(|stem| stem == text);
        NAMES.iter().position(|name| *name == text || short(name)).and_then(|at| u8::try_from(at + 1).ok()).map(Self)
    }

    /// The number, 1 to 47.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The code of two digits, `13`.
    pub fn code(self) -> String {
        format!("{:02}", self.0)
    }

    /// The name in Japanese, `東京都`.
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::Prefecture;

    /// A code, a full name and a short name mean the same prefecture; 北海道 has no short form to lose.
    #[test]
    fn a_prefecture_is_read_in_each_form() {
        for text in ["13", "１３", "東京都", "東京"] {
            assert_eq!(Prefecture::parse(text).map(Prefecture::name), Some("東京都"), "{text}");
        }
        assert_eq!(Prefecture::parse("北海道").map(Prefecture::code).as_deref(), Some("01"));
        assert_eq!(Prefecture::parse("京都").map(Prefecture::number), Some(26));
        assert_eq!(Prefecture::parse("48"), None);
        assert_eq!(Prefecture::parse("0"), None);
    }
}
