"""Charsets are weighed: names that are cut stay in theirs, and what is no text is in none."""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterator
from random import Random

import pytest

from relay.reading.charsets import Charset, UnreadableError, weigh

SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛"
    "叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔"
    "贺赖龚文"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志强海燕春梅文博浩宇子轩梓涵雨桐欣怡一诺"
    "思远佳琪俊熙晨曦嘉懿淑珍红丹凤翠莲婷雪晓东振鹏飞昊天璐瑶鑫淼雯睿翔煜祺"
)
PLACES = (
    "杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 余杭 萧山 西湖 滨江 拱墅 "
    "鄞州 瑞安 义乌 诸暨 嵊泗 缙云 泰顺 岱山"
)
OFFICES = (
    "人民政府办公厅 公安局 财政局 教育局 卫生健康委员会 大数据发展管理局 自然资源和规划局 市场"
    "监督管理局 信访局 档案馆 党校 税务局 司法局 综合执法大队 应急管理局 审计局 民政局 农业"
    "农村局 交通运输局 水利局 政务服务中心 残联 总工会 妇联 侨联"
)
# The vendor's header says it of every body.
DECLARED = "UTF-8"

# Of each kind that is written at random; 20,000 take half a minute.
TEXTS = int(os.environ.get("INBOUND_EXAMPLES", "1000"))

type Wrap = Callable[[bytes], bytes]
WHOLE: Wrap = bytes
IN_JSON: Wrap = lambda name: b'{"tenantId":"50006001","name":"' + name + b'","n":1}'  # noqa: E731
IN_A_FORM: Wrap = lambda name: b"tenantId=50006001&name=" + name + b"&n=1"  # noqa: E731


def decode(raw: bytes, declared: str | None = None) -> str:
    return weigh(raw, declared).decode(raw)


def names(number: int, seed: int) -> Iterator[tuple[str, Random]]:
    """Names of people, places and offices, half of them of two to four characters."""
    random = Random(seed)  # noqa: S311
    for _ in range(number):
        person = random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=random.choice([1, 2, 2, 3])))
        place = random.choice(PLACES.split()) + random.choice(
            ["", "省", "市", "区", "县", "街道", "镇", "乡"]
        )
        yield random.choice([person, place, place + random.choice(OFFICES.split())]), random


def cut(raw: bytes, random: Random) -> bytes:
    """Takes one or two bytes away, at the start, at the end or in the middle."""
    length = random.choice([1, 2])
    at = random.choice([0, len(raw) - length, random.randrange(len(raw) - length + 1)])
    return raw[:at] + raw[at + length :]


@pytest.mark.parametrize("wrap", [WHOLE, IN_JSON, IN_A_FORM], ids=["whole", "json", "form"])
@pytest.mark.parametrize("declared", [None, DECLARED])
def test_no_utf_8_name_that_is_cut_is_misread(wrap: Wrap, declared: str | None) -> None:
    misread = []
    for name, random in names(2_000, 1):
        raw = wrap(cut(name.encode(), random))
        if decode(raw, declared) != raw.decode("utf-8", "replace"):
            misread.append(name)

    assert misread == []


@pytest.mark.parametrize("wrap", [WHOLE, IN_JSON, IN_A_FORM], ids=["whole", "json", "form"])
@pytest.mark.parametrize("declared", [None, DECLARED])
def test_at_most_one_gbk_name_in_a_hundred_is_misread(wrap: Wrap, declared: str | None) -> None:
    found = [(name, decode(wrap(name.encode("gbk")), declared)) for name, _ in names(2_000, 2)]

    assert sum(text != wrap(name.encode()).decode() for name, text in found) <= 20


@pytest.mark.parametrize("length", [2, 3, 4])
def test_short_names_are_no_worse(length: int) -> None:
    random, misread = Random(length), 0  # noqa: S311
    for _ in range(2_000):
        name = random.choice(SURNAMES) + "".join(random.choices(GIVEN, k=length - 1))
        raw = cut(name.encode(), random)
        assert decode(raw) == raw.decode("utf-8", "replace")
        misread += decode(name.encode("gbk")) != name

    assert misread <= 20


@pytest.mark.parametrize(
    "text",
    [
        "Zoë Müller", "Société Générale à Évry", "José Núñez", "Bücher für Köln, Straße", "Søren Kierkegård",
        "Garçon naïve",
    ],
)  # fmt: skip
@pytest.mark.parametrize("declared", [None, DECLARED, "iso-8859-1"])
def test_latin_letters_do_not_become_chinese(text: str, declared: str | None) -> None:
    assert decode(text.encode("latin-1"), declared) == text


@pytest.mark.parametrize(
    "text",
    [
        "Привет",
        "Ελλάδα",
        "café",
        "é",
        "阿迪力·买买提",
        "한국",
        "にほん",
        "😀",
        "25°C ±5",
        "Łódź",
        "שלום",
        "AÅ",
        "",
    ],
)
@pytest.mark.parametrize("declared", [None, DECLARED, "iso-8859-1", "us-ascii"])
def test_clean_utf_8_stays_it_and_is_no_guess(text: str, declared: str | None) -> None:
    charset = weigh(text.encode(), declared)

    assert (charset.decode(text.encode()), charset.repaired) == (text, False)


# Letters by alphabet, as they stand in words of their own.
ALPHABETS = {
    "accents": "àèìòùáéíóúýâêîôûäëïöüñçåøæœßãõ",
    "central european": "čšžřůąęłśćďťňőűğışżźŁŠŻ",
    "greek": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώΑΒΓΔΩΣΠ",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяёАБВГДЖИСЯіїєґўљњћџ",
    "cyrillic of asia": "қңғүұһөәҷӣӯҳҶӢҺ",
    "armenian": "ԱԲԳԴԵԶԷԸԹԺաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשתםןץףך",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويپچژگکی",
    "syriac": "ܐܒܓܕܗܘܙܚܛܝܟܠܡܢܣܥܦܨܩܪܫܬ",
    "thaana": "ހށނރބޅކއވމފދތލގޏސޑަާިީުޫ",
    "n'ko": "ߊߋߌߍߎߏߐߑߒߓߔߕߖߗߘߙߚߛߜߝߞߟߠߡߢߣߤߥߦߧ",
    "phonetic": "ɡɪʊəɛɔʃʒθðŋˈˌː",
    "vietnamese": "ăâđêôơưĂÂĐÊÔƠƯ",
}
SIGNS = "·°±§²³¹µ©®£¥½¼¾¬÷×«»¿¡¢¦¨ªº¯¶¸"
WORDS = ["Model", "A1", "x", "No", "price", "app", "7", "100 m", "25", "(", "R&D"]
CHINESE = ["面积", "温度", "误差", "第", "版权所有", "杭州市人民政府", "·"]


def alphabet(random: Random) -> str:
    letters = random.choice([*ALPHABETS.values()])
    words = ("".join(random.choices(letters, k=random.randint(1, 7))) for _ in range(random.randint(1, 6)))
    return random.choice([" ", " ", ", ", "-", "·"]).join(words)


def signs(random: Random) -> str:
    return "".join(random.choices(SIGNS, k=random.randint(1, 9)))


def words_with_signs(random: Random) -> str:
    ends = SIGNS + "éüöñçàαβγΩπλИВДЖжאבար"
    words = (random.choice(WORDS) + random.choice(ends) for _ in range(random.randint(1, 6)))
    return random.choice([" ", " ", "", "/"]).join(words)


def units_beside_chinese(random: Random) -> str:
    parts = (
        f"{random.choice(CHINESE) * random.randint(0, 2)}{random.randint(1, 99)}m{random.choice(SIGNS)}"
        for _ in range(random.randint(1, 6))
    )
    return "".join(parts)


def signs_beside_letters(random: Random) -> str:
    """Any of the letters and signs that are in daily use, next to each other."""
    used = "accents", "central european", "greek", "cyrillic", "armenian", "hebrew", "arabic"
    return "".join(random.choices(SIGNS + "".join(ALPHABETS[name] for name in used), k=random.randint(1, 4)))


@pytest.mark.parametrize(
    "write", [alphabet, signs, words_with_signs, units_beside_chinese, signs_beside_letters]
)
@pytest.mark.parametrize("declared", [None, DECLARED, "us-ascii", "iso-8859-1", "windows-1251"])
def test_no_clean_utf_8_is_misread(write: Callable[[Random], str], declared: str | None) -> None:
    random = Random(6)  # noqa: S311

    for _ in range(TEXTS):
        text = write(random)
        raw = random.choice([WHOLE, IN_JSON, IN_A_FORM])(text.encode())
        assert weigh(raw, declared) == Charset("utf-8"), text


@pytest.mark.parametrize(
    ("name", "text"), [("薛霞", "Ѧϼ"), ("姚强", "Ҧǿ"), ("卢霞", "¬ϼ"), ("谭英懿", "̷Ӣܲ"), ("魏懿平强", "κܲƽǿ")]
)
def test_what_no_language_writes_is_a_name_in_gbk_although_it_fits_utf_8(name: str, text: str) -> None:
    assert name.encode("gbk") == text.encode()
    for wrap in (WHOLE, IN_JSON, IN_A_FORM):
        assert weigh(wrap(text.encode()), DECLARED) == Charset("gb18030", repaired=True)
        # As soon as something beside it cannot be a name in GBK, it is not.
        assert weigh(wrap(f"{text} é".encode()), DECLARED).codec == "gb18030"
        assert weigh(wrap(f"{text} À".encode()), DECLARED) == Charset("utf-8")


@pytest.mark.parametrize("text", ["\x7fá\0\x01á\x02á", "á\0\0\0\0\0", "\0\0\x01ж"])
def test_clean_utf_8_is_a_text_whatever_it_holds(text: str) -> None:
    assert decode(text.encode()) == text


@pytest.mark.parametrize("text", ["张", "组织", "杭州市人民政府", "한국"])
@pytest.mark.parametrize("declared", ["gbk", "big5", "shift_jis", "euc-kr", "utf-16"])
def test_clean_utf_8_is_not_read_as_what_is_declared_falsely(text: str, declared: str) -> None:
    assert decode(text.encode(), declared) == text


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("杭州市", "gbk", "GBK"), ("联通", "gbk", "gb2312"), ("喆", "gbk", "gbk"), ("組織", "big5", "Big5"),
        ("日本語テスト", "shift_jis", "Shift_JIS"), ("にほん", "euc-jp", "euc-jp"),
        ("서울", "euc-kr", "euc-kr"),
        ("é", "latin-1", "iso-8859-1"), ("25°C", "cp1252", "windows-1252"),
        ("서울", "euc-kr", "ks_c_5601-1987"), ("뷁 서울", "cp949", "CP949"), ("組織", "big5", "cn-big5"),
        ("テスト①", "cp932", "sjis"), ("テスト①", "cp932", "Windows-31J"), ("テスト", "shift_jis", "x-sjis"),
        ("Привет", "cp1251", "windows-1251"), ("Привет", "koi8-r", "KOI8-R"),
        ("Žena 5 €", "iso8859-15", "iso-8859-15"), ("Łódź", "iso8859-2", "iso-8859-2"),
        ("Łódź", "cp1250", "windows-1250"), ("杭州市", "gbk", "gb_2312-80"),
        ("杭州市", "gbk", "x-gbk"), ("é", "latin-1", "ISO_8859-1"), ("杭州", "utf-16-le", "utf_16"),
        ("杭州", "utf-16-le", "utf-16"),
        ("杭州", "utf-16-be", "utf-16be"), ("杭州", "utf-16", None), ("한국어 문자" * 99, "utf-16", "gbk"),
        ("a杭", "utf-32", None),
        ("杭州", "utf-8-sig", "gbk"), ("a杭\0", "utf-32-le", "utf-32"),
        ("[1]", "utf-16-le", "utf-16le"),
    ],
)  # fmt: skip
def test_a_mark_or_a_true_declaration_is_no_guess(text: str, codec: str, declared: str | None) -> None:
    raw = text.encode(codec)

    charset = weigh(raw, declared)

    assert (charset.decode(raw), charset.repaired) == (text, False)


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        ("联通", "gbk", DECLARED), ("杭州市", "gbk", None), ("杭州市", "gbk", "iso-8859-1"),
        ("3号楼B座", "gbk", None),
        ("国立臺灣大學", "gb18030", None), ("國立臺灣大學", "big5", None),
        ("臺北市政府資訊局", "big5", DECLARED),
        ('{"name":"一网通办"}', "utf-16-le", None), ('{"name":"杭州"}', "utf-16-be", DECLARED),
        ("Zoë Müller", "cp1252", None),
    ],
)  # fmt: skip
def test_what_only_the_weight_says_is_a_guess(text: str, codec: str, declared: str | None) -> None:
    raw = text.encode(codec)

    charset = weigh(raw, declared)

    assert (charset.decode(raw), charset.repaired) == (text, True)


@pytest.mark.parametrize("declared", [None, DECLARED, "gbk"])
def test_a_damaged_character_is_marked_and_the_rest_is_read(declared: str | None) -> None:
    raw = "杭州市人民政府办公厅".encode()
    raw = raw[:7] + raw[9:]

    charset = weigh(raw, declared)

    assert (charset.decode(raw), charset.repaired) == ("杭州\ufffd人民政府办公厅", True)


@pytest.mark.parametrize(
    "text",
    [
        "Modelλ 100 m² 25£ - 1", "价格 25©", "7ç A1ñ xé x¿ 100 m¥", "100 mΩ ¥5 R&Dµ xα",
        "面积72m², 55m² ± 3m²",
        "第·15·节", "éПривет", "Ելք, մուտք", "£ 5 © 杭州市",
    ],
)  # fmt: skip
@pytest.mark.parametrize("declared", [None, DECLARED])
def test_signs_and_letters_stay_what_they_are_beside_a_damaged_character(
    text: str, declared: str | None
) -> None:
    for at, byte in enumerate(text.encode()):
        raw = text.encode()[:at] + text.encode()[at + 1 :]
        if byte > 0xBF:
            # Less its first byte a letter is none, and any western one is.
            continue
        assert decode(raw, declared) == raw.decode("utf-8", "replace")


def test_a_gbk_text_with_a_byte_too_few_keeps_its_other_characters() -> None:
    text = json.dumps({"名": "杭州市人民政府", "n": "公安局"}, ensure_ascii=False)
    raw = text.encode("gbk").replace("府".encode("gbk"), "府".encode("gbk")[:1])

    assert decode(raw) == text.replace("府", "\ufffd")


def binaries() -> Iterator[bytes]:
    random = Random(4)  # noqa: S311
    text = "".join(name for name, _ in names(300, 5)).encode()
    for size in (64, 200, 2_000, 100_000):
        yield from (random.randbytes(size) for _ in range(5))
    for packed in (gzip.compress(text), zlib.compress(text)):
        yield from (packed[:size] for size in (12, 30, 100, 1_000))
    yield (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x08\0\0\0\x08\x08\x02\0\0\0Km)\xdc\0\0\0\x20IDAT" + packed[:40]
    )
    yield b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0H\0H\0\0\xff\xdb\0C\0" + random.randbytes(60)
    yield b"PK\x03\x04\x14\0\0\0\x08\0" + packed[:40]
    yield b"\xff\x00\xff"
    for mark in (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"):
        yield mark + random.randbytes(200)


@pytest.mark.parametrize("declared", [None, DECLARED])
def test_what_is_no_text_is_in_no_charset(declared: str | None) -> None:
    for raw in binaries():
        with pytest.raises(UnreadableError):
            weigh(raw, declared)


def test_a_zero_at_the_end_makes_no_text_something_else() -> None:
    for codec in ("utf-8", "gbk"):
        raw = "杭州市".encode(codec) + b"\0\0\0"
        assert decode(raw) == "杭州市\0\0\0"
    assert decode(b'{"a":1}\0') == '{"a":1}\0'


def test_a_weight_is_taken_from_a_part_of_a_large_body() -> None:
    for codec in ("utf-8", "gbk"):
        raw = ("a" * 1_000_000 + "杭州市人民政府" * 100_000).encode(codec) + b"\xff"
        text = weigh(raw).decode(raw)
        assert text.endswith("杭州市人民政府\ufffd")


@pytest.mark.parametrize(
    ("codec", "declared"),
    [
        ("utf-8", None), ("utf-8", "utf-8"), ("utf-8-sig", None), ("utf-8-sig", "gbk"), ("utf-16", None),
        ("utf-32", "utf-8"), ("utf-16-le", "utf-16le"), ("gb18030", None), ("gbk", "GBK"), ("gbk", "utf-8"),
        ("gb2312", "gb2312"), ("big5", "big5"), ("utf-8", "iso-8859-1"), ("utf-8", "us-ascii"),
        ("utf-8", "no such charset"), ("utf-8", "base64"), ("utf-8", "unicode_escape"), ("utf-8", "a\0b"),
    ],
)  # fmt: skip
def test_bytes_are_decoded_by_mark_declaration_or_trial(codec: str, declared: str | None) -> None:
    assert decode('{"a":"中文字符"}'.encode(codec), declared) == '{"a":"中文字符"}'


def test_a_western_charset_is_believed_where_utf_8_fails() -> None:
    assert decode("Zoë".encode("latin-1"), "iso-8859-1") == "Zoë"


def test_bytes_in_no_charset_are_unreadable() -> None:
    with pytest.raises(UnreadableError):
        decode(b"\xff\x00\xff", "utf-8")
