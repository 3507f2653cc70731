// Sound, made on the spot: no file is loaded. Starts with the first key, click or touch; M turns it off and on.

const FAR = 850;

export class Sound {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {GainNode | null} */
    this.out = null;
    /** @type {AudioBuffer | null} */
    this.noise = null;
    /** @type {{gain: GainNode, filter: BiquadFilterNode} | null} */
    this.engine = null;
    this.muted = localStorage.getItem("muted") === "yes";
    this.ear = { x: 0, y: 0 };
    this.busy = 0;
  }

  /** Browsers allow sound only after a key, a click or a touch: call it there. */
  start() {
    if (this.context) {
      if (this.context.state === "suspended") void this.context.resume().catch(() => {});
      return;
    }
    const Context = window.AudioContext;
    if (!Context) return;
    const context = new Context();
    this.context = context;
    const squash = context.createDynamicsCompressor();
    this.out = context.createGain();
    this.out.gain.value = this.muted ? 0 : 0.5;
    this.out.connect(squash).connect(context.destination);
    this.noise = context.createBuffer(1, context.sampleRate, context.sampleRate);
    const samples = this.noise.getChannelData(0);
    for (let n = 0; n < samples.length; n += 1) samples[n] = Math.random() * 2 - 1;
    this.startEngine(context);
  }

  /** @param {AudioContext} context */
  startEngine(context) {
    const source = context.createBufferSource();
    source.buffer = this.noise;
    source.loop = true;
    const filter = context.createBiquadFilter();
    filter.type = "lowpass";
    filter.frequency.value = 180;
    const gain = context.createGain();
    gain.gain.value = 0;
    source.connect(filter).connect(gain).connect(/** @type {GainNode} */ (this.out));
    source.start();
    this.engine = { gain, filter };
  }

  toggle() {
    this.muted = !this.muted;
    localStorage.setItem("muted", this.muted ? "yes" : "no");
    if (this.out && this.context) this.out.gain.setTargetAtTime(this.muted ? 0 : 0.5, this.context.currentTime, 0.03);
    return this.muted;
  }

  /** The own engine. @param {boolean} burns @param {boolean} strong */
  thrust(burns, strong) {
    if (!this.engine || !this.context) return;
    const now = this.context.currentTime;
    this.engine.gain.gain.setTargetAtTime(burns ? (strong ? 0.34 : 0.2) : 0, now, 0.06);
    this.engine.filter.frequency.setTargetAtTime(strong ? 420 : 210, now, 0.1);
  }

  /** Loudness and side of what happens somewhere. @param {{x: number, y: number} | null} at */
  place(at) {
    if (!this.context || !this.out) return null;
    const gain = this.context.createGain();
    let loud = 1;
    let side = 0;
    if (at) {
      const [dx, dy] = [at.x - this.ear.x, at.y - this.ear.y];
      loud = Math.max(0, 1 - Math.hypot(dx, dy) / FAR) ** 1.6;
      side = Math.max(-0.8, Math.min(0.8, dx / 600));
    }
    if (loud < 0.02 || this.busy > 24) return null;
    const pan = this.context.createStereoPanner();
    pan.pan.value = side;
    gain.connect(pan).connect(this.out);
    return { gain, loud, now: this.context.currentTime, context: this.context };
  }

  /**
   * A tone that glides from one pitch to another.
   * @param {{x: number, y: number} | null} at @param {OscillatorType} type @param {number} from @param {number} to
   * @param {number} seconds @param {number} loud @param {number} [after]
   */
  tone(at, type, from, to, seconds, loud, after = 0) {
    const place = this.place(at);
    if (!place) return;
    const now = place.now + after;
    const tone = place.context.createOscillator();
    tone.type = type;
    tone.frequency.setValueAtTime(from, now);
    tone.frequency.exponentialRampToValueAtTime(Math.max(20, to), now + seconds);
    place.gain.gain.setValueAtTime(0.0001, place.now);
    place.gain.gain.setValueAtTime(loud * place.loud, now);
    place.gain.gain.exponentialRampToValueAtTime(0.0001, now + seconds);
    tone.connect(place.gain);
    this.play(tone, now, seconds);
  }

  /**
   * A burst of noise under a falling filter.
   * @param {{x: number, y: number} | null} at @param {number} from @param {number} to @param {number} seconds @param {number} loud
   */
  crash(at, from, to, seconds, loud) {
    const place = this.place(at);
    if (!place || !this.noise) return;
    const source = place.context.createBufferSource();
    source.buffer = this.noise;
    source.loop = true;
    const filter = place.context.createBiquadFilter();
    filter.type = "lowpass";
    filter.frequency.setValueAtTime(from, place.now);
    filter.frequency.exponentialRampToValueAtTime(to, place.now + seconds);
    place.gain.gain.setValueAtTime(loud * place.loud, place.now);
    place.gain.gain.exponentialRampToValueAtTime(0.0001, place.now + seconds);
    source.connect(filter).connect(place.gain);
    this.play(source, place.now, seconds);
  }

  /** @param {AudioScheduledSourceNode} source @param {number} now @param {number} seconds */
  play(source, now, seconds) {
    this.busy += 1;
    source.onended = () => { this.busy -= 1; };
    source.start(now);
    source.stop(now + seconds + 0.02);
  }

  /** @param {{x: number, y: number}} at @param {boolean} mine */
  shot(at, mine) { this.tone(mine ? null : at, "square", mine ? 760 : 560, 170, 0.1, mine ? 0.13 : 0.1); }
  /** @param {{x: number, y: number}} at */
  lance(at) { this.tone(at, "sawtooth", 1900, 140, 0.28, 0.2); }
  /** @param {{x: number, y: number}} at */
  hit(at) { this.crash(at, 3200, 500, 0.1, 0.3); }
  /** @param {{x: number, y: number}} at */
  explode(at) { this.crash(at, 1500, 50, 0.9, 0.9); this.tone(at, "sine", 120, 30, 0.6, 0.6); }
  dash() { this.crash(null, 900, 2600, 0.22, 0.25); }
  hurt() { this.tone(null, "triangle", 190, 60, 0.16, 0.5); }
  gift() { [520, 660, 880].forEach((pitch, n) => this.tone(null, "triangle", pitch, pitch, 0.16, 0.22, n * 0.07)); }
  kill() { [392, 587].forEach((pitch, n) => this.tone(null, "triangle", pitch, pitch, 0.22, 0.3, n * 0.09)); }
  crown() { [523, 659, 784, 1047].forEach((pitch, n) => this.tone(null, "triangle", pitch, pitch, 0.3, 0.24, n * 0.1)); }
  say() { this.tone(null, "sine", 880, 990, 0.07, 0.12); }
}
