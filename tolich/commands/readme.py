"""What a bundle says of itself, for people who have never heard of the program."""

from __future__ import annotations

README = {
    "vi": """\
BẰNG CHỨNG CỦA CẢNH BÁO {alert}

Số liệu quan trắc tự động, chờ xác minh. Gói này ghi lại những gì hệ thống giám sát đã nhận,
đã đánh giá và đã được quyết định; nó không kết luận về trách nhiệm của ai.

report.vi.txt, report.en.txt   báo cáo: vì sao có cảnh báo, và diễn biến
findings/                      từng kết quả đánh giá: số liệu đã dùng, giới hạn, phép so sánh
raw/                           nguyên văn các bản tin đã nhận trong những ngày đó
attachments/                   tệp kèm theo giải trình, mẫu, phiếu kết quả
proof/rows.json                các dòng ghi chép: kết quả, diễn biến, quyết định, giấy phép
proof/batches.json             bản tin nào đến lúc nào và số liệu đọc được từ đó; bản tin của
                               trạm khác chỉ còn mã băm
proof/entries.json             mỗi dòng nằm ở đâu trong chuỗi băm, và đường dẫn tới chữ ký
proof/checkpoints/             các điểm chốt đã ký (Ed25519)

CÁCH KIỂM TRA (không cần mạng, không cần máy chủ)

    tolich verify GÓI.zip --key checkpoint.pub.pem --checkpoints THƯ_MỤC

checkpoint.pub.pem là khóa công khai, THƯ_MỤC chứa các điểm chốt mà quý vị đã nhận từ trước bằng
đường khác. Không có hai thứ đó thì chỉ chứng minh được rằng một khóa duy nhất đã ký mọi thứ ở đây:
{key}. Hãy so sánh mã khóa này với mã quý vị đã được cho biết.
Có thể dùng: python -m tolich.evidence GÓI.zip (chỉ cần thêm gói cryptography).

Chứng minh được: từng dòng và từng bản tin trong gói có trong sổ ghi khi điểm chốt được ký, và không
bị sửa từ đó. Không chứng minh được: trạm đo đúng hay sai; gói có đủ mọi dòng liên quan hay không
(điều này do chữ ký của bên xuất gói bảo đảm); và những gì xảy ra trước khi ký, nếu chính người giữ
khóa muốn viết lại.
""",
    "en": """\
EVIDENCE OF ALERT {alert}

Automatic data, awaiting verification. This bundle holds what the monitor received, judged and was
told; it does not say who is to answer for it.

report.vi.txt, report.en.txt   the report: why the alert stands, and what happened to it
findings/                      each finding: the readings used, the limit, the comparison
raw/                           the messages of those days, byte for byte
attachments/                   files that came with explanations, samples, lab results
proof/rows.json                rows of the record: findings, changes, decisions, permits
proof/batches.json             which message came when, and what was read from it; of other
                               stations' messages only a digest
proof/entries.json             where each row is in the hash chain, and its way up to a signature
proof/checkpoints/             the signed checkpoints (Ed25519)

HOW TO VERIFY (no network, no server)

    tolich verify BUNDLE.zip --key checkpoint.pub.pem --checkpoints FOLDER

checkpoint.pub.pem is the public key and FOLDER holds the checkpoints that you were given earlier
and by another way. Without them it is only shown that one key signed everything here: {key}.
Compare that name with the one you were told.
Or: python -m tolich.evidence BUNDLE.zip (needs only the package cryptography beside this one).

Shown: every row and message in here was on record when its checkpoint was signed, and has not
changed since. Not shown: that the station measured well; that no further row belongs here (for that
the signature of whoever exported it stands); and what went before the signing, should the holder of
the key wish to write it anew.
""",
}
