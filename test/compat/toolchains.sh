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
fetch_node() { # folder [where to]
	local lock=$here/$1/package-lock.json to=$build/${2:-$1}
	mkdir -p "$to"
	# Programs find their packages beside themselves.
	cp "$here/$1"/*.json "$here/$1"/*.mjs "$to" || return
	fresh "$to" "$lock" && return
	npm ci --prefix "$to" --silent --no-audit --no-fund --ignore-scripts && made "$to" "$lock"
}
play_node() { node "$build/$1/story.mjs"; }

version_java() { # folder program
	local sdk=v2
	[ "$2" != V1 ] || sdk=v1
	sed -n "s/.*<sdk.$sdk>\(.*\)<.*/\1/p" "$here/$1/pom.xml"
}
fetch_java() { jars "$1" && compile "$1" "$here/$1"/*.java; }
# jars fetches what a folder's pom.xml names.
jars() { # folder
	local lock=$here/$1/pom.xml lib=$build/$1/lib
	fresh "$build/$1" "$lock" && return
	rm -rf "$lib" "$build/$1/classes"
	mvn --file "$lock" --quiet --batch-mode -Dstyle.color=never --no-transfer-progress --strict-checksums \
		dependency:copy-dependencies -DoutputDirectory="$lib" -DincludeScope=runtime &&
		made "$build/$1" "$lock"
}
# compile compiles sources with the jars of a folder, if they are newer than what is there.
compile() { # folder source...
	local classes=$build/$1/classes
	[ ! -e "$classes" ] || [ -n "$(find "${@:2}" -newer "$classes")" ] || return 0
	rm -rf "$classes"
	javac -proc:none -nowarn -XDsuppressNotes -cp "$build/$1/lib/*" -d "$classes" "${@:2}"
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

# The stories of the libraries are told in Python and have programs of their own.
client() { sed -n 's/.*<client>\(.*\)<.*/\1/p' "$here/$1/pom.xml"; }
fetch_kit() { fetch boto3 python; }
play_kit() { # folder [argument...]
	"$LEAT" ca --data data >ca.pem || return
	# The KPL 0.15 wants a folder, as OpenSSL names certificates in it.
	mkdir -p authorities && cp ca.pem "authorities/$(openssl x509 -hash -noout -in ca.pem).0" || return
	COMPAT_TLS=$(grep -oE 'https://127\.0\.0\.1:[0-9]+' words | head -n 1) \
		COMPAT_CA=$PWD/ca.pem COMPAT_CA_PATH=$PWD/authorities COMPAT_KPL=$build/kpl/daemon COMPAT_BUILD=$build \
		PATH="$build/boto3/bin:$PATH" PYTHONPATH=$here/kcl:$here/group PYTHONDONTWRITEBYTECODE=1 "$here/$1/story" "${@:2}"
}

version_kpl() { client "$1/$2"; }
fetch_kpl() {
	fetch_kit || return
	for kpl in "$1/v1" "$1/v0"; do
		jars "$kpl" && compile "$kpl" "$here/$kpl/Producer.java" || return
	done
	"${GO:-go}" build -C "$here/../.." -o "$build/$1/read" "./test/compat/$1/read"
}
play_kpl() { play_kit "$1" "$1/$2"; }

version_kcl() { echo "$(client "$1/v3"), $(client "$1/v2"), $(client "$1/v1")"; }
fetch_kcl() {
	fetch kpl kpl || return
	jars "$1/v3" && compile "$1/v3" "$here/$1/Worker.java" &&
		jars "$1/v2" && compile "$1/v2" "$here/$1/Worker.java" &&
		jars "$1/v1" && compile "$1/v1" "$here/$1/v1/Worker.java"
}
play_kcl() { play_kit "$1"; }

# Under leat multilang the libraries of the processors have their versions.
version_multilang() { # folder program
	case $2 in
	java) client "$1" ;;
	python) version_python "$1" ;;
	node) sed -n 's/.*"aws-kcl": "\(.*\)".*/\1/p' "$here/$1/package.json" ;;
	esac
}
fetch_multilang() {
	local lock=$here/$1/requirements.txt kclpy=$build/$1/kclpy
	fetch kpl kpl && jars "$1" && fetch_node "$1" "$1/node" || return
	fresh "$kclpy" "$lock" && return
	# What pip would install brings the daemon's jars besides; the library alone is in the archive.
	rm -rf "$kclpy" && mkdir -p "$kclpy" &&
		"$build/boto3/bin/pip" download --quiet --no-deps --no-binary :all: --disable-pip-version-check -d "$kclpy" -r "$lock" &&
		tar --extract --file "$kclpy"/*.tar.gz --directory "$kclpy" --strip-components 1 &&
		made "$kclpy" "$lock"
}
play_multilang() { # folder program
	case $2 in
	java) play_kit "$1" java processor.py ;;
	python) play_kit "$1" leat processor.py ;;
	node) play_kit "$1" leat processor.mjs ;;
	esac
}

# The group is of the libraries above and of the packages producer and consumer.
version_group() { echo "as above"; }
fetch_group() {
	mkdir -p "$build/$1"
	fetch show show &&
		"${GO:-go}" build -C "$here/../.." -o "$build/$1/" "./test/compat/$1/worker" "./test/compat/$1/producer"
}
play_group() { play_kit "$1"; }

# The show is of the KPL and the KCL, and looked at with the AWS CLI.
version_show() { echo "$(client kpl/v1), $(client kcl/v3)"; }
fetch_show() {
	mkdir -p "$build/$1"
	fetch kcl kcl && fetch awscli python &&
		ln -sfn ../kpl/v1/lib "$build/$1/lib" && compile "$1" "$here/$1/Steered.java"
}
play_show() { play_kit "$1"; }
