"""The same told by somebody else: looser, with what was found in the settings, to see how far words may differ."""

from __future__ import annotations

from tests.support.phone.words import Voice

FREE = Voice(
    openings={
        "no_service": {
            "en": (
                "we're off the plane an hour and my phone can't get onto any network with your sim",
                "hi, the phone has zero reception since arriving",
                "can't call, can't browse, the phone finds no network at all",
            ),
            "zh": (
                "下飞机一个小时了，手机死活连不上网络",
                "你好，到这边手机就没信号了",
                "手机一直找不到网络，什么都用不了",
            ),
        },
        "no_data": {
            "en": (
                "mobile internet refuses to work, although reception is fine",
                "my data isn't working, every site times out",
                "the phone says it's connected to the network and yet nothing opens, no maps, no WhatsApp",
            ),
            "zh": (
                "流量用不了，信号倒是满格",
                "微信发不出去，网站全都超时，信号没问题",
                "手机显示连着网络，但地图微信全打不开",
            ),
        },
        "slow": {
            "en": (
                "the data works but it's painfully slow here",
                "speed is a joke, a photo takes five minutes to send",
            ),
            "zh": ("能上网，可是速度太感人了", "网速太差，发张照片要五分钟"),
        },
    },
    outcomes={
        "works": {
            "en": (
                "and all of a sudden everything opens",
                "google comes up right away now",
                "and hooray, we're online",
            ),
            "zh": ("这下全都打得开了", "百度一下就出来了", "终于上网了，太好了"),
        },
        "failed": {
            "en": (
                "no luck whatsoever",
                "that hasn't changed a thing here",
                "it's as dead as before",
                "that didn't do the trick",
            ),
            "zh": ("没用", "折腾完还是不通", "一点没变", "不管用"),
        },
        "already": {
            "en": ("that was like that from the start, so no change", "checked it, was set correctly before"),
            "zh": ("看了，原先就是对的", "一开始就是这么设的，没什么变化"),
        },
        "no_service": {
            "en": ("but the phone has lost the network altogether", "and now there is no network at all"),
            "zh": ("结果现在一点网络都没了", "现在连网络都没有了"),
        },
        "no_data": {
            "en": (
                "the phone has reception again, only the internet stays away",
                "network's back with four bars, but sites time out",
            ),
            "zh": ("手机有网络信号了，就是还上不了网", "四格信号回来了，网站还是超时"),
        },
        "slow": {
            "en": ("sites open at last, at a snail's pace though", "there's internet now, just awfully sluggish"),
            "zh": ("网站总算开了，像蜗牛一样", "有网了，就是慢吞吞的"),
        },
    },
    screen={
        "airplane_symbol": {
            "en": ("status bar has the aeroplane", "in the corner there's just a plane"),
            "zh": ("状态栏上是飞机", "角落里只有一架小飞机"),
        },
        "vpn_symbol": {
            "en": ("status bar reads VPN", "a VPN badge is up there"),
            "zh": ("状态栏有 VPN 三个字母", "上面挂着 VPN 的标志"),
        },
        "old_network": {
            "en": ("network type reads 2G", "3G is written by the bars"),
            "zh": ("网络类型是 2G", "信号那里写着 3G"),
        },
        "data_saver": {
            "en": ("data saver is shown as on", "the data saving icon is lit"),
            "zh": ("流量节省显示是开的", "省流量的标志亮着"),
        },
        "wifi_symbol": {
            "en": ("Wi-Fi symbol is on", "it's connected to Wi-Fi"),
            "zh": ("Wi-Fi 标志亮着", "手机连在 Wi-Fi 上呢"),
        },
        "searching": {
            "en": ("the top says searching", "searching for network, endlessly"),
            "zh": ("上面写着搜索中", "它一直在那搜网"),
        },
        "no_service": {
            "en": ("no service is written up there", "the signal icon is empty"),
            "zh": ("顶上那里写无服务", "信号图标是空的"),
        },
        "bars": {
            "en": ("signal is strong, all bars", "three bars of signal are showing"),
            "zh": ("信号很强，满格", "有三格信号呢"),
        },
    },
    of_make={
        ("emergency_only", "iphone"): {
            "en": ("just SOS, right up in the corner", "SOS only, up top"),
            "zh": ("角落里写 SOS", "就一个 SOS"),
        },
        ("emergency_only", "other"): {
            "en": ("it reads emergency calls only", "only emergency calls, it says"),
            "zh": ("写着只能拨打紧急电话", "那里显示仅限紧急呼叫"),
        },
        ("no_sim", "iphone"): {
            "en": ("No SIM, says the phone", "it tells me no SIM"),
            "zh": ("手机说没有 SIM 卡", "提示无 SIM 卡"),
        },
        ("no_sim", "other"): {
            "en": ("the SIM icon is crossed out", "it says there's no SIM card"),
            "zh": ("SIM 卡图标画了叉", "显示没有 SIM 卡"),
        },
    },
    chatty={
        "en": ("give me a sec, boarding the bus", "it's raining cats and dogs here", "my wife says hi"),
        "zh": ("等我一下，上车了", "这边下好大的雨", "我老公在旁边催我"),
    },
    no_order={"en": ("no idea where that order number is",), "zh": ("订单号我找不着了",)},
    done={
        "changed": {
            "en": ("it was wrong indeed, put it right", "changed that just now", "okay, switched"),
            "zh": ("确实不对，改过来了", "已经改了", "切换好了"),
        },
        "so_before": {
            "en": ("looked, it was like that already", "that's how it was"),
            "zh": ("看过了，本来就这样", "原来就是这样"),
        },
    },
    nothing={"en": ("none of them that I can see", "nothing of the sort"), "zh": ("这些都没看到", "一个也没看见")},
)
