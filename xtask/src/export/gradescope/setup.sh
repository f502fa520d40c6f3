#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: tools, toolchain, and a first build of everything that does
# not depend on a submission.
set -euo pipefail

root=${AUTOGRADER_ROOT:-/autograder}
# DAYS, MINUTES, UNSANDBOXED
# shellcheck source=/dev/null
. "$root/source/settings"
cd "$root/source/course"

step() { printf '\n==> %s\n' "$*"; }

step "tools"
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ca-certificates curl >/dev/null
# Without these nothing is graded.
.ci/run tools cc bwrap git
# Without one of the others some tests are skipped. Not every release of every distribution has all of them.
mapfile -t others < <(.ci/run tools --list)
.ci/run tools "${others[@]}" || for tool in "${others[@]}"; do
    .ci/run tools "$tool" || echo "there is no $tool here: tests that need it are skipped, and say so"
done

step "toolchain"
# Not below the home of root: programs under test run as another user, who has to read it.
export RUSTUP_HOME=/opt/rust/rustup CARGO_HOME=/opt/rust/cargo PATH=/opt/rust/cargo/bin:$PATH
wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
present=$(cargo --version 2>/dev/null | cut -d ' ' -f 2 || true)
if [[ -z $present || $(printf '%s\n' "$wanted" "$present" | sort -V | head -n 1) != "$wanted" ]]; then
    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
        sh -s -- -y --no-modify-path --profile minimal --default-toolchain "$wanted"
fi
cargo --version

step "first build"
# Whoever is root runs tests as another user, who has to read the folder of a day.
chmod a+x "$root" "$root/source" . && chmod -R a+rX exercises solutions
cargo fetch --locked
# The course's own stubs, as if somebody had handed them in. They pass nothing, so it ends at the first test.
stubs=$(mktemp -d)
trap 'rm -rf "$stubs"' EXIT
cp -r exercises "$stubs/"
read -ra arguments <<<"$DAYS"
status=0
cargo xtask grade "${arguments[@]}" --submission "$stubs" --allow-unsandboxed --fail-fast || status=$?
if ((status > 1)); then
    echo "the course does not grade its own stubs here; see above" >&2
    exit "$status"
fi

step "what this image has"
cargo xtask doctor || true
