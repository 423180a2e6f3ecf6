#!/bin/bash
# run.sh [CASE...] - client and headend on a kernel that has ESP, Debian's, in a machine that qemu makes: the kernel's plane at both ends, and at one.
# All cases are shared by two machines, each of which keeps a processor busy.
# AC_BIN: folder of the programs, build/release if not said. Exit 77: it cannot run here, and why.
set -euo pipefail
cd "$(dirname "$0")/../.."
top=$PWD
bin=$(realpath "${AC_BIN:-build/release}")
cannot() { echo "cannot run here: $*"; exit 77; }

modules=(virtio_pci 9pnet_virtio 9p tun veth xfrm_user xfrm_interface esp4 esp6 authenc authencesn echainiv seqiv gcm ctr ghash-generic aesni-intel
    chacha20poly1305 chacha-x86_64 poly1305-x86_64 des_generic sha256_generic sha512_generic drbg crc32c_generic af_packet
    nf_tables nft_chain_nat nft_masq nft_dup_ipv4 nf_conntrack_netlink)

[ "$(uname -m)" = x86_64 ] || cannot "the machine of the test is an x86_64"
[ "$(id -u)" = 0 ] || cannot "root is needed, for the programs read files of root"
[ -x "$bin/acagentd" ] || cannot "no programs in $bin"
for program in qemu-system-x86_64 busybox dpkg-deb apt-get; do
    command -v $program >/dev/null || cannot "no $program (tests/deps.sh all)"
done

# The kernel is unpacked beside, never installed; kept in build/kernel.
image=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
[ -n "$image" ] || cannot "apt knows no linux-image-amd64"
mkdir -p build/kernel
work=$(mktemp -d "$top/build/kernel/work.XXXXXX")
machines=() # process groups
trap 'kill -- "${machines[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
if [ ! -e "build/kernel/$image/modules.dep" ]; then
    rm -rf build/kernel/linux-image-*
    (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$image" 2>"$work/why") || cannot "no $image to be had: $(tail -n 1 "$work/why")"
    mkdir "$work/root"
    dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/root" --wildcards './boot/vmlinuz*' './lib/modules/*/modules.*' \
        './lib/modules/*/kernel/'{net/9p,net/ipv4,net/ipv6,net/xfrm,net/netfilter,crypto,arch/x86/crypto,fs/9p,fs/netfs,fs/fscache,drivers/virtio,lib}'/*' \
        './lib/modules/*/kernel/drivers/net/tun.ko' './lib/modules/*/kernel/drivers/net/veth.ko'
    busybox depmod -b "$work/root" "${image#linux-image-}"
    mv "$work/root/lib/modules/${image#linux-image-}" "build/kernel/$image"
    mv "$work"/root/boot/vmlinuz* "build/kernel/$image/"
fi
kernel=build/kernel/$image

# ---- the first files of the machine: busybox, and the modules in the order they are loaded ------------------------
mkdir -p "$work/i"/{bin,modules,proc,dev,host}
cp "$(command -v busybox)" "$work/i/bin/"
cp tests/kernel/init "$work/i/"
# Making the headend's key would take that machine longer than all else; this one has not its addresses.
mkdir "$work/i/state"
for config in asa-modern asa-ikev2; do
    unshare --net "$bin/acheadend" --config tests/vectors/$config.cfg --state "$work/i/state" --control "$work/control" 2>"$work/why" || true
done
[ -n "$(ls "$work/i/state")" ] || cannot "the headend makes no key: $(tail -n 1 "$work/why")"
printf "inside='%s' bin='%s'\n" "$top/tests/kernel/inside.sh" "$bin" >"$work/i/arguments"
: >"$work/i/order"
add_module() { # a line of modules.dep
    local name=${1##*/} needed
    ! grep -qx "$name" "$work/i/order" || return 0
    for needed in $(sed -n "s|^$1: ||p" "$kernel/modules.dep"); do add_module "$needed"; done
    cp "$kernel/$1" "$work/i/modules/"
    echo "$name" >>"$work/i/order"
}
for name in "${modules[@]}"; do
    path=$(sed -n "s|^\([^:]*/${name//[-_]/[-_]}\.ko\):.*|\1|p" "$kernel/modules.dep" | head -n 1)
    [ -z "$path" ] || add_module "$path" # else it is built in, or what it is for fails and says so
done
(cd "$work/i" && find . | busybox cpio -o -H newc 2>/dev/null) | gzip -1 >"$work/initrd"

# ---- the machines ---------------------------------------------------------------------------------------------------
# The limit is only for what hangs.
machine() { # CASE[,CASE...]
    timeout --foreground --kill-after=10 "${AC_KERNEL_LIMIT:-1800}" qemu-system-x86_64 -M pc -accel tcg -cpu max -smp 1 -m 1024 -nodefaults -nographic -serial stdio -no-reboot \
        -kernel "$kernel"/vmlinuz* -initrd "$work/initrd" \
        -append "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on no_timer_check edd=off cases=$1" \
        -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap </dev/null 2>&1 |
        stdbuf -oL tr -d "\r" | tee "$work/console.$1" | grep --line-buffered -aE '^(PASS|FAIL|    \|) ' || true
}
all=(plane,both,killed client,head)
[ $# = 0 ] || all=("$(IFS=,; echo "$*")")
set -m # each is ended as a whole
for some in "${all[@]}"; do
    machine "$some" &
    machines+=("-$!")
done
set +m
wait
code=0
for some in "${all[@]}"; do
    grep -aqx 'kernel: all passed' "$work/console.$some" && continue
    tail -n 60 "$work/console.$some"
    grep -aqx 'kernel: it is up' "$work/console.$some" || cannot "the machine of the test did not come up"
    code=1
done
exit $code
