"""What the seal room refuses."""

from __future__ import annotations

from piaoju.kit import errors


class CertificateMissing(errors.Refused):
    code = "certificate_missing"
    label = "没有此刻有效的证书和印章。请在证书机构申领或续期，并登记印章"


class SealUnusable(errors.Refused):
    code = "seal_unusable"
    label = "票据所用印章的证书已经吊销或到期，不能再盖章。数据文件（XML）照样有效；版式文件请下载 PDF"


class CertificateUnknown(errors.NotFound):
    code = "certificate_unknown"
    label = "没有这张证书。请核对证书序列号"


class CertificateRegistered(errors.Conflict):
    code = "certificate_registered"
    label = "这张证书或这枚印章已经登记过。请上传新的证书和印章，或刷新页面查看"


class SubmissionUnknown(errors.NotFound):
    code = "certificate_submission_unknown"
    label = "没有这份证书登记申请。请从「证书和印章」重新打开"


class SubmissionOpen(errors.Conflict):
    code = "certificate_submission_open"
    label = "这个持有人已有一份待核准的证书登记申请。请先核准、退回或撤回那一份"


class SubmissionDecided(errors.Conflict):
    code = "certificate_submission_decided"
    label = "这份证书登记申请已经办结，不能再次办理。请刷新页面查看结果"


class AuthorityMissing(errors.Refused):
    code = "authority_missing"
    label = "这套系统没有演示证书机构。先运行一次 piaoju demo；正式环境的证书请向省级财政证书机构申领"


class KeyMissing(errors.Refused):
    code = "key_missing"
    label = "找不到签名私钥。请从备份恢复 keys 文件夹"


class KeyNameInvalid(errors.Refused):
    code = "key_name_invalid"
    label = "私钥名称只能用字母、数字、点、横线和下划线"


class PassphraseMissing(errors.Refused):
    code = "passphrase_missing"
    label = "没有私钥口令。请设置环境变量 PIAOJU_KEY_PASSPHRASE，或把口令写入 keys/passphrase（权限 600）"


class SoftwareSignerRefused(errors.Refused):
    code = "software_signer_refused"
    label = (
        "正式环境不使用软件签名：请接入签名服务器或 UKEY；"
        "确要用软件私钥，请设置 PIAOJU_ALLOW_SOFTWARE_SIGNER=1 并自担风险"
    )


class SignatureFaulty(errors.Unavailable):
    code = "signature_faulty"
    label = "签名复验不成立，本批没有采用任何签名。请检查密码库和内存，再重试"
