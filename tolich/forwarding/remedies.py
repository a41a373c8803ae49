"""What to do about a delivery that failed, in both languages."""

from __future__ import annotations

from tolich.forwarding.destination import Kind

REMEDIES: dict[Kind, dict[str, str]] = {
    Kind.UNREACHABLE: {
        "vi": "Kiểm tra đường mạng và máy chủ nhận; hệ thống tự gửi lại, không mất tệp nào.",
        "en": "Check the network and the receiving server; it is tried again, no file is lost.",
    },
    Kind.LOGIN_REFUSED: {
        "vi": "Kiểm tra tài khoản, khoá hoặc mật khẩu với cơ quan nhận; xem docs/forwarding.md.",
        "en": "Check the account, key or password with the receiving authority; see "
        "docs/forwarding.md.",
    },
    Kind.HOST_KEY: {
        "vi": "Khoá của máy chủ chưa có hoặc đã đổi: hỏi cơ quan nhận dấu vân tay của khoá, chỉ "
        "khi trùng mới ghi vào tệp known_hosts (ssh-keyscan).",
        "en": "The server's key is unknown or has changed: ask the authority for its fingerprint, "
        "and only when it agrees put the key into the known_hosts file (ssh-keyscan).",
    },
    Kind.CERTIFICATE: {
        "vi": "Chứng thư của máy chủ không kiểm tra được: xin chứng thư CA và ghi vào ca_file.",
        "en": "The server's certificate cannot be checked: ask for its CA and set ca_file.",
    },
    Kind.SETUP: {
        "vi": "Sửa thiết lập trên máy này: tệp khoá, mật khẩu hoặc chương trình sftp còn thiếu.",
        "en": "Mend the set-up of this machine: a key or password file, or the program sftp, is "
        "missing.",
    },
    Kind.REFUSED: {
        "vi": "Máy chủ từ chối tệp của trạm này: kiểm tra thư mục và quyền ghi với cơ quan nhận.",
        "en": "The server refuses this station's file: check the folder and the right to write "
        "with the authority.",
    },
    Kind.BUSY: {
        "vi": "Máy chủ tạm thời không nhận được tệp (có thể hết chỗ); hệ thống tự gửi lại.",
        "en": "The server could not take the file for now (it may be full); it is tried again.",
    },
    Kind.UNWRITABLE: {
        "vi": "Sửa tt10.prefix hoặc tt10.symbols của trạm trong sổ đăng ký.",
        "en": "Mend the station's tt10.prefix or tt10.symbols in the register.",
    },
}
