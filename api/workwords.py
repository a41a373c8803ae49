"""What people do about alerts, in the words of both languages. "Tiếp nhận" admits nothing."""

from __future__ import annotations

from collections.abc import Mapping

from api.words import Words

WORK_HEADINGS: Mapping[str, Mapping[str, str]] = {
    "title": {"vi": "PHIẾU THEO DÕI CẢNH BÁO", "en": "RECORD OF AN ALERT"},
    "work": {"vi": "TÌNH TRẠNG XỬ LÝ", "en": "WORK"},
    "actions": {"vi": "HOẠT ĐỘNG", "en": "ACTIONS"},
    "samples": {"vi": "MẪU NƯỚC", "en": "SAMPLES"},
    "footer": {"vi": "LƯU Ý", "en": "NOTE"},
}

FOOTER: Mapping[str, str] = {
    "vi": "Dữ liệu tự động, chờ xác minh; không thay thế kết luận của cơ quan có thẩm quyền.",
    "en": "Automatic data awaiting verification; it does not replace the finding of the "
    "competent authority.",
}
SIMULATED: Mapping[str, str] = {"vi": "DỮ LIỆU MÔ PHỎNG", "en": "SIMULATED DATA"}

WORK: Words = {
    "unacknowledged": ("Đang diễn ra – chưa tiếp nhận", "active, unacknowledged"),
    "acknowledged": ("Đã tiếp nhận", "acknowledged"),
    "returned_unacknowledged": ("Đã hết – chưa tiếp nhận", "ended, unacknowledged"),
    "returned": ("Đã kết thúc, chờ đóng", "ended, waits to be closed"),
    "shelved": ("Tạm ngừng nhắc", "shelved"),
    "maintenance": ("Trong kỳ bảo trì", "in announced maintenance"),
    "out_of_service": ("Ngừng hoạt động", "out of service"),
    "closing": ("Chờ cán bộ thứ hai đóng", "closed by one officer, a second must"),
    "closed": ("Đã đóng", "closed"),
    "withdrawn": ("Đã rút lại (dữ liệu bổ sung)", "withdrawn (data arrived later)"),
}

ACTIONS: Words = {
    "acknowledge": ("tiếp nhận", "received"),
    "comment": ("ghi chú", "comment"),
    "explain": ("giải trình", "explanation"),
    "request_explanation": ("yêu cầu giải trình", "explanation requested"),
    "shelve": ("tạm ngừng nhắc", "shelved"),
    "unshelve": ("nhắc trở lại", "unshelved"),
    "close_first": ("đóng (cán bộ thứ nhất)", "closed (first officer)"),
    "close": ("đóng", "closed"),
    "reopen": ("mở lại", "reopened"),
    "request_sample": ("yêu cầu lấy mẫu", "sample requested"),
    "take_sample": ("đã lấy mẫu", "sample taken"),
    "lab_result": ("kết quả phòng thí nghiệm", "laboratory result"),
    "shelf_over": ("hết thời gian tạm ngừng nhắc", "shelf over"),
    "maintenance_begun": ("vào kỳ bảo trì đã báo trước", "announced maintenance begun"),
    "maintenance_over": ("hết kỳ bảo trì", "maintenance over"),
    "out_of_service_begun": ("trạm ngừng hoạt động", "station out of service"),
    "out_of_service_over": ("trạm hoạt động trở lại", "station back in service"),
    "explanation_overdue": ("quá hạn giải trình", "explanation overdue"),
}

ROLES: Words = {
    "city_officer": ("cán bộ môi trường thành phố", "city officer"),
    "ward_officer": ("cán bộ môi trường phường, xã", "ward officer"),
    "trade_officer": ("cán bộ công thương", "trade officer"),
    "investor": ("chủ đầu tư", "investor"),
    "operator": ("đơn vị vận hành", "operator"),
    "viewer": ("người xem", "viewer"),
    "administrator": ("quản trị", "administrator"),
    "monitor": ("hệ thống", "monitor"),
}
