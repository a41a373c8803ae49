"""What the pages of Setting up say."""

from __future__ import annotations

from collections.abc import Mapping

from api.console.both import Both

TITLE = Both("Thiết lập", "Setting up")

KINDS: Mapping[str, Both] = {
    "clusters": Both("Cụm công nghiệp", "Cluster"),
    "plants": Both("Nhà máy xử lý nước thải", "Plant"),
    "stations": Both("Trạm quan trắc", "Station"),
    "permits": Both("Giấy phép môi trường", "Permit"),
}
NEW: Mapping[str, Both] = {
    "clusters": Both("Thêm cụm", "Add a cluster"),
    "plants": Both("Thêm nhà máy", "Add a plant"),
    "stations": Both("Thêm trạm", "Add a station"),
    "permits": Both("Nhập giấy phép", "Enter a permit"),
}

LEAD = Both(
    "Sổ đăng ký: cụm, nhà máy, trạm và giấy phép. Mỗi thay đổi là một dòng mới có người nhập, "
    "thời điểm và căn cứ; không dòng nào bị xoá.",
    "The register: clusters, plants, stations and permits. Each change is a new row with its "
    "author, time and document; no row is ever deleted.",
)
EMPTY = Both("Chưa khai báo gì", "Nothing is registered yet")
EMPTY_HINT = Both(
    "Bắt đầu bằng một cụm công nghiệp; rồi đến nhà máy, trạm và giấy phép, mỗi bước dẫn tới bước "
    "sau.",
    "Begin with a cluster; then come its plant, its station and the permit, each step leading to "
    "the next.",
)
FIND = Both("Tìm cụm, nhà máy, trạm hoặc giấy phép", "Find a cluster, plant, station or permit")
NO_MATCH = Both("Không có cụm nào khớp.", "No cluster matches.")
NO_PLANT = Both("Chưa có nhà máy.", "No plant yet.")
NO_STATION = Both("Chưa có trạm.", "No station yet.")
NO_PERMIT = Both(
    "Chưa có giấy phép: số liệu được giữ nhưng không được đánh giá.",
    "No permit yet: readings are kept and not judged.",
)
STATIONS = Both("Trạm", "Stations")
PERMITS = Both("Giấy phép", "Permits")
ENTRIES = Both("{n} cụm, {m} trạm", "{n} clusters, {m} stations")
MEASURES = Both("đo {what}, mỗi {seconds} giây", "measures {what}, every {seconds} s")
FROM_DAY = Both("từ {day}", "from {day}")
TO_DAY = Both("đến {day}", "until {day}")
SINCE = Both("Nhập lúc", "Entered")
CAPACITY_SHORT = Both("{n} m³/ngày", "{n} m³/day")

# --- an entry and its history -------------------------------------------------------------------

ENTRY = Both("{kind} {id}", "{kind} {id}")
STANDS = Both("Đang có hiệu lực", "As it stands")
GONE = Both("Đã rút khỏi sổ đăng ký.", "Taken out of the register.")
CHANGE = Both("Sửa", "Change")
HISTORY = Both("Lịch sử", "History")
HISTORY_COLUMNS = (
    Both("Lúc", "When"), Both("Người nhập", "By"), Both("Căn cứ", "Document"),
    Both("Thay đổi", "What changed"),
)  # fmt: skip
FIRST_ROW = Both("nhập lần đầu", "entered first")
TAKEN_OUT = Both("rút khỏi sổ đăng ký", "taken out")
SAME = Both("không đổi", "nothing")
UNDO = Both("Hoàn tác thay đổi gần nhất", "Undo the newest change")
UNDO_NEW = Both("Hoàn tác (rút khỏi sổ đăng ký)", "Undo (take it out)")
UNDO_HINT = Both(
    "Thêm một dòng mới trả lại nội dung trước đó; dòng cũ vẫn còn trong lịch sử.",
    "Adds a row that brings back what was before; the old row stays in the history.",
)
UNDO_REFUSED = Both("Không hoàn tác được:", "Cannot be undone:")
WHY = Both("Căn cứ hoặc lý do", "Document or reason")
UNDONE = Both("Đã hoàn tác.", "Undone.")
ENTERED = Both("Đã nhập vào sổ đăng ký.", "Entered in the register.")
NEXT = Both("Bước tiếp theo", "Next")
BY_SHEET = Both("Bằng bảng tính (XLSX)", "By spreadsheet (XLSX)")
NEXT_STATION = Both("Gửi bản tin đầu tiên", "Send the first reading")
NEXT_STATION_HINT = Both(
    "Khóa, lệnh mẫu và đèn báo đã nhận; số đo được đánh giá theo giấy phép này.",
    "A key, a command to copy, a light that says received; readings are judged by this permit.",
)
BACK = Both("Về sổ đăng ký", "Back to the register")
OLD_DAYS = Both(
    "Các kỳ đã đóng giữ kết quả cũ cho đến khi người quản trị chạy đánh giá lại có lý do.",
    "Periods that are closed keep their verdicts until an administrator has them judged again, "
    "with a reason.",
)

# --- forms --------------------------------------------------------------------------------------

FORM_NEW = Both("{kind}: khai báo mới", "{kind}: a new one")
FORM_CHANGE = Both("{kind} {id}: sửa", "{kind} {id}: change")
STEPS = Both("Các bước", "Steps")
LOOK = Both("Xem trước", "Preview")
ENTER = Both("Nhập vào sổ đăng ký", "Enter in the register")
PREVIEW = Both("Xem trước: sẽ nhập những gì", "Preview: what will be entered")
NO_CHANGE = Both("Không có gì thay đổi.", "Nothing would change.")
MEND = Both("Chưa nhập: xem các mục có ghi chú.", "Not entered: see the marked fields.")
AGAIN = Both("Chưa lưu được, hãy gửi lại.", "Nothing was stored; send it again.")
NOTES = Both("Cần biết trước khi nhập", "To know before it is entered")
STILL_EDIT = Both("Sửa lại biểu mẫu", "Change the form")
CHANGE_KINDS: Mapping[str, Both] = {
    "new": Both("mới", "new"),
    "changed": Both("thay đổi", "changed"),
    "withdrawn": Both("rút", "withdrawn"),
}
DIFFERENCE_COLUMNS = (Both("Mục", "Field"), Both("Đang có", "Now"), Both("Sẽ là", "Will be"))
WAS_COLUMN = Both("Trước đó", "Before")
BECAME_COLUMN = Both("Sau đó", "After")
ID = Both("Mã", "Id")
ID_HINT = Both(
    "Chữ cái không dấu, chữ số, “-”, “_”, “.”; không đổi được về sau",
    "Letters, digits, “-”, “_”, “.”; it cannot be changed later",
)
STATION_ID_HINT = Both(
    "Có trong chủ đề MQTT: tolich/v1/cụm/trạm/readings; không đổi được về sau",
    "Part of the MQTT topic: tolich/v1/cluster/station/readings; it cannot be changed later",
)
UNIT = Both("Đơn vị", "Unit")
PARAMETER = Both("Thông số", "Parameter")
MORE = Both("Khác", "Other")
TAKEN = Both("“{id}” đã có trong sổ đăng ký: sửa mục đó, hoặc chọn mã khác",
             "“{id}” is registered already: change that entry, or choose another id")  # fmt: skip
NEEDED = Both("cần điền", "needed")
SOURCE = Both("Nhập theo văn bản nào", "Entered from which document")
SOURCE_HINT = Both(
    "Số văn bản, biên bản hoặc thư; ghi vào lịch sử",
    "A document, record or letter; it goes into the history",
)
CHOOSE = Both("– chọn –", "– choose –")
NAME = Both("Tên", "Name")
CLUSTER_NAME_HINT = Both("Như trong quyết định thành lập", "As in the founding decision")
PROVINCE = Both("Tỉnh, thành phố", "Province")
WARD = Both("Phường, xã", "Ward")
WARD_HINT = Both("Cán bộ phường, xã thấy cụm theo tên này", "Ward officers see it by this name")
INVESTOR = Both("Chủ đầu tư hạ tầng", "Investor")
CLUSTER = KINDS["clusters"]
PLANT = KINDS["plants"]
CAPACITY = Both("Công suất thiết kế (m³/ngày)", "Design capacity (m³/day)")
NUMBER_HINT = Both("Không dùng dấu ngăn hàng nghìn", "Without a sign for thousands")
CONTACTS = Both("Người liên hệ", "Contacts")
CONTACT_PARTS: Mapping[str, Both] = {
    "role": Both("Vai trò", "Role"),
    "name": Both("Họ tên", "Name"),
    "phone": Both("Điện thoại", "Phone"),
}
CONTACT_CELL = Both("Người liên hệ {n}: {part}", "Contact {n}: {part}")
FROM = Both("Từ ngày", "From")
UNTIL = Both("Đến hết ngày", "Until")
STATION_FROM_HINT = Both("Ngày bắt đầu có số liệu", "The first day with readings")
UNTIL_HINT = Both("Để trống khi chưa biết", "Empty while it is not known")
INTERVAL = Both("Chu kỳ gửi (giây)", "Interval (seconds)")
INTERVAL_HINT = Both("Phải chia hết 60 phút, như 300", "Divides 60 minutes, such as 300")
INTERVAL_FROM = Both("Chu kỳ mới áp dụng từ ngày", "A new interval holds from")
INTERVAL_FROM_HINT = Both(
    "Chỉ điền khi đổi chu kỳ: các ngày trước giữ chu kỳ cũ",
    "Only when it changes: the days before keep the old one",
)
SAY_FROM = Both("điền ngày bắt đầu chu kỳ mới", "say from which day the new interval holds")
NO_FROM = Both(
    "trạm mới có một chu kỳ từ đầu: để trống",
    "a new station has one from its start: leave it empty",
)
STAMP = Both("Thời điểm của số đo chỉ", "The time of a reading means")
STAMP_HINT = Both(
    "Với “cuối kỳ”, 00:00:00 thuộc về ngày vừa hết", "With the end, 00:00:00 closes the old day"
)
STAMP_START = Both("đầu kỳ đo", "the start of its slot")
STAMP_END = Both("cuối kỳ đo", "the end of its slot")
PREFIX = Both("Tiền tố tên tệp TT10", "Prefix of TT10 file names")
PREFIX_HINT = Both("Như HN_MAU01_NUO001; để trống nếu không dùng", "Such as HN_MAU01_NUO001")
CAMERA = Both("Liên kết camera", "Camera link")
CAMERA_HINT = Both("Bắt đầu bằng https://", "Begins with https://")
SAMPLER = Both("Lấy mẫu tự động theo yêu cầu", "Takes a sample when asked to")
SIMULATED = Both("Số liệu mô phỏng", "Simulated data")
SERIES = Both("Thông số đo", "What is measured")
SERIES_HINT = Both(
    "Khoảng đo của thiết bị; để trống: giới hạn vật lý. Chu kỳ riêng chỉ khi khác của trạm.",
    "The instrument's range; empty: what is physically possible. An own interval only where it "
    "differs from the station's.",
)
SERIES_COLUMNS = (
    Both("Đo", "Measured"), Both("Thông số", "Parameter"), Both("Đơn vị", "Unit"),
    Both("Từ", "Low"), Both("Đến", "High"), Both("Chu kỳ riêng", "Own interval"),
)  # fmt: skip
OTHERS = Both("Thông số khác ({n})", "Other parameters ({n})")
MEASURED_CELL = Both("Đo {parameter}", "Measure {parameter}")
LOW = Both("Khoảng đo từ", "Range from")
HIGH = Both("Khoảng đo đến", "Range to")
TICK = Both("đánh dấu là có đo, hoặc bỏ trống", "tick it as measured, or leave this empty")
PAPER = Both("Văn bản", "The document")
DOCUMENT = Both("Tên văn bản", "Document")
PERMIT_NAMED = Both("Giấy phép môi trường", "Environmental permit")
NUMBER = Both("Số", "Number")
DATE = Both("Ngày ký", "Date")
PAGE = Both("Trang", "Page")
PAGE_HINT = Both("Trang có nội dung về nước thải", "The page about wastewater")
BINDS_FROM = Both("Có hiệu lực từ ngày", "Binds from")
BINDS_UNTIL = Both("Đến hết ngày", "Until")
PERMIT_FROM_HINT = Both(
    "Giấy phép mới thay giấy phép cũ từ ngày này", "A new permit replaces the old from this day"
)
LIMITS = Both("Giới hạn ghi trong giấy phép", "Limits typed from the permit")
LIMITS_HINT = Both(
    "Đúng số và trang như trong giấy phép. Thông số không ghi ở đây lấy theo quy chuẩn bên dưới; "
    "không có ở cả hai thì không được đánh giá.",
    "The number and page as the permit has them. What is not typed here follows the regulation "
    "below; what is in neither is not judged.",
)
LIMIT_COLUMNS = (
    Both("Thông số", "Parameter"), Both("Thấp nhất", "Min"), Both("Cao nhất", "Max"),
    Both("Đơn vị", "Unit"), Both("Trang", "Page"),
)  # fmt: skip
MIN = Both("Thấp nhất", "Min")
MAX = Both("Cao nhất", "Max")
REGULATION = Both("Quy chuẩn và cột", "Regulation and column")
REGULATION_HINT = Both(
    "Chỉ khi giấy phép dẫn chiếu quy chuẩn", "Only when the permit refers to a regulation"
)
REGULATION_PAGE = Both("Trang dẫn chiếu", "Page that refers to it")
NO_REGULATION = Both("– không dẫn chiếu –", "– none –")
UNLOADED = Both("{}, {} (chưa có số liệu)", "{}, {} (numbers not loaded)")
CHOOSE_REGULATION = Both(
    "chọn quy chuẩn, hoặc bỏ trống trang và hệ số",
    "choose the regulation, or leave its page and factors empty",
)
FACTOR = Both("Hệ số {}", "Factor {}")
FACTORS_APPLY = Both("Hệ số áp dụng cho", "The factors apply to")
JUDGED = Both("Cách đánh giá", "How it is judged")
BASIS = Both("Trung bình dùng để đánh giá", "Mean that binds")
BASIS_HINT = Both(
    "Chỉ chọn khi giấy phép ghi; nếu không: ngày, mặc định chưa kiểm chứng",
    "Only when the permit says so; else the day, an unverified default",
)
NOT_TYPED = Both("– giấy phép không ghi –", "– the permit does not say –")
COMPLETENESS = Both("Tỷ lệ số liệu tối thiểu", "Least share of readings")
COMPLETENESS_HINT = Both(
    "Như 0,8; chỉ khi giấy phép ghi", "Such as 0.8; only when the permit says so"
)
NO_DISCHARGE = Both(
    "Không xả khi lưu lượng ra dưới (m³/h)", "No discharge below an outflow of (m³/h)"
)
NO_DISCHARGE_HINT = Both("Chỉ khi giấy phép ghi", "Only when the permit says so")
KEPT = Both(
    "Các mục khác của bản ghi ({what}) không có trong biểu mẫu và được giữ nguyên.",
    "Other parts of the entry ({what}) are not in this form and stay as they are.",
)
