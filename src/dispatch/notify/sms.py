"""Text messages by the gateways of Aliyun and Tencent Cloud, whose own libraries are extras."""

import asyncio
import json
from importlib import import_module
from typing import Any

from dispatch.notify.outgoing import NotSent, Outgoing

_TEXT_MOST = 500


async def send_aliyun(outgoing: Outgoing) -> None:
    """By `dispatch[sms-aliyun]`; the template has one variable, `text`."""
    await _send(outgoing, _aliyun)


async def send_tencent(outgoing: Outgoing) -> None:
    """By `dispatch[sms-tencent]`; the template has one variable."""
    await _send(outgoing, _tencent)


async def _send(outgoing: Outgoing, gateway: Any) -> None:
    if not outgoing.address:
        raise NotSent("the reader has no phone number", is_final=True)
    try:
        await asyncio.to_thread(gateway, outgoing)
    except ImportError as error:
        raise NotSent(f"the gateway's library is not installed: {error.name}") from error
    except NotSent:
        raise
    except Exception as error:
        # Each library has its own tree of errors; whatever it was, it is tried again.
        raise NotSent(f"{type(error).__name__}: {error}") from error


def _aliyun(outgoing: Outgoing) -> None:
    client_module: Any = import_module("alibabacloud_dysmsapi20170525.client")
    models: Any = import_module("alibabacloud_dysmsapi20170525.models")
    openapi: Any = import_module("alibabacloud_tea_openapi.models")
    config = outgoing.config
    client = client_module.Client(
        openapi.Config(
            access_key_id=config["access_key_id"],
            access_key_secret=config["access_key_secret"],
            endpoint="dysmsapi.aliyuncs.com",
        )
    )
    answer = client.send_sms(
        models.SendSmsRequest(
            phone_numbers=outgoing.address,
            sign_name=config["sign_name"],
            template_code=config["template_code"],
            template_param=json.dumps({"text": outgoing.body[:_TEXT_MOST]}, ensure_ascii=False),
            out_id=outgoing.id,
        )
    )
    if answer.body.code != "OK":
        raise NotSent(f"{answer.body.code}: {answer.body.message}")


def _tencent(outgoing: Outgoing) -> None:
    credential: Any = import_module("tencentcloud.common.credential")
    client_module: Any = import_module("tencentcloud.sms.v20210111.sms_client")
    models: Any = import_module("tencentcloud.sms.v20210111.models")
    config = outgoing.config
    signed = credential.Credential(config["secret_id"], config["secret_key"])
    client = client_module.SmsClient(signed, "ap-guangzhou")
    request = models.SendSmsRequest()
    request.SmsSdkAppId = config["app_id"]
    request.SignName = config["sign_name"]
    request.TemplateId = config["template_id"]
    request.TemplateParamSet = [outgoing.body[:_TEXT_MOST]]
    request.PhoneNumberSet = [outgoing.address]
    request.SessionContext = outgoing.id
    (status,) = client.SendSms(request).SendStatusSet
    if status.Code != "Ok":
        raise NotSent(f"{status.Code}: {status.Message}")
