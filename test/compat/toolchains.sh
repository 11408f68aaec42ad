# How each kind of client is fetched and built, its version found and its story
# played. Everything that comes of it is in $build; downloads are in the tools'
# own caches. Sourced by run.

# fresh says whether a folder was made from the file as it is now.
fresh() { # folder file
	[ "$(cat "$1/made-from" 2>/dev/null)" = "$(sha256sum <"$2")" ]
}

# made notes what a folder was made from.
made() { # folder file
	sha256sum <"$2" >"$1/made-from"
}

version_python() { sed -n '1s/.*==//p' "$here/$1/requirements.txt"; }
fetch_python() { # folder
	local lock=$here/$1/requirements.txt venv=$build/$1
	fresh "$venv" "$lock" && return
	rm -rf "$venv"
	python3 -m venv "$venv" &&
		"$venv/bin/pip" install --quiet --no-deps --disable-pip-version-check -r "$lock" &&
		made "$venv" "$lock"
}
play_python() { PATH="$build/$1/bin:$PATH" "$here/$1/${2:-story}"; }

version_node() { sed -n 's/.*"@aws-sdk\/client-kinesis": "\(.*\)".*/\1/p' "$here/$1/package.json"; }
fetch_node() {
	local lock=$here/$1/package-lock.json
	mkdir -p "$build/$1"
	# Programs find their packages beside themselves.
	cp "$here/$1"/*.json "$here/$1"/*.mjs "$build/$1" || return
	fresh "$build/$1" "$lock" && return
	npm ci --prefix "$build/$1" --silent --no-audit --no-fund --ignore-scripts && made "$build/$1" "$lock"
}
play_node() { node "$build/$1/story.mjs"; }

version_java() { # folder program
	local sdk=v2
	[ "$2" != V1 ] || sdk=v1
	sed -n "s/.*<sdk.$sdk>\(.*\)<.*/\1/p" "$here/$1/pom.xml"
}
fetch_java() {
	local lock=$here/$1/pom.xml lib=$build/$1/lib
	if ! fresh "$build/$1" "$lock"; then
		rm -rf "$lib" "$build/$1/classes"
		mvn --file "$lock" --quiet --batch-mode -Dstyle.color=never --no-transfer-progress --strict-checksums \
			dependency:copy-dependencies -DoutputDirectory="$lib" -DincludeScope=runtime &&
			made "$build/$1" "$lock" || return
	fi
	[ ! -e "$build/$1/classes" ] || [ -n "$(find "$here/$1" -name '*.java' -newer "$build/$1/classes")" ] || return 0
	rm -rf "$build/$1/classes"
	javac -proc:none -nowarn -cp "$lib/*" -d "$build/$1/classes" "$here/$1"/*.java
}
play_java() { java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$build/$1/classes:$build/$1/lib/*" "$2"; }

version_go() { # folder program
	local module=github.com/aws/aws-sdk-go-v2/service/kinesis
	[ "$2" != go1 ] || module=github.com/aws/aws-sdk-go
	awk -v module="$module" '$1 == module { print substr($2, 2) }' "$here/$1/go.mod"
}
fetch_go() {
	mkdir -p "$build/$1"
	"${GO:-go}" build -C "$here/$1" -o "$build/$1/" ./go1 ./go2 ./across
}
play_go() { "$build/$1/$2"; }

version_rust() { sed -n 's/^aws-sdk-kinesis = .*"=\([0-9.]*\)".*/\1/p' "$here/$1/Cargo.toml"; }
fetch_rust() { cargo build --quiet --locked --manifest-path "$here/$1/Cargo.toml" --target-dir "$build/$1"; }
play_rust() { "$build/$1/debug/leat-compat"; }

# The story across has no client of its own.
version_several() { echo "as above"; }
fetch_several() { fetch js node && fetch java java && fetch go go; }
play_several() { COMPAT_BUILD=$build "$here/$1/story"; }

# The story of the format asks no server.
version_format() { sed -n 's/.*"aws-kinesis-agg": "\(.*\)".*/\1/p' "$here/$1/package.json"; }
fetch_format() { fetch_node "$1" && "${GO:-go}" build -C "$here/../.." -o "$build/$1/aggregation" "./test/compat/$1"; }
play_format() { node "$build/$1/story.mjs" "$build/$1/aggregation"; }
