use rs_grpo_llm::grade::Grader;
use std::time::Instant;
fn main(){ let g=Grader::default();
 let mut cases: Vec<(String,String,String)> = vec![];
 let mut add=|n:&str,a:String,b:String| cases.push((n.into(),a,b));
 add("tower","9^{9^{9^{9^9}}}".into(),"9^{9^{9^{9^8}}}".into());
 add("tower2","2^{2^{2^{2^{2^2}}}}".into(),"1".into());
 add("fact","((((9!)!)!)!)!".into(),"3".into());
 add("fact2","100000!".into(),"100000! + 1".into());
 add("fact3","2004!^{-1}".into(),"\\frac{1}{2006!}".into());
 add("binom","\\binom{1000000000}{500000000}".into(),"7".into());
 for (o,c) in [("(",")"),("{","}"),("\\frac{1}{","}"),("\\sqrt{","}"),("\\left(","\\right)"),("[","]"),("-",""),("\\boxed{","}"),("2^{","}"),("\\text{","}"),("|","|"),("\\sin ","")] {
   add(&format!("deep {o}"), format!("{}1{}", o.repeat(20000), c.repeat(20000)),"1".into());
   add(&format!("unbalanced {o}"), o.repeat(20000),"1".into());
   add(&format!("mid deep {o}"), format!("{}1{}", o.repeat(900), c.repeat(900)),"1".into());
   add(&format!("small deep {o}"), format!("{}1{}", o.repeat(60), c.repeat(60)),"1".into());
 }
 add("100k digits","7".repeat(100000),"7".repeat(99999)+"8");
 add("100k digits same","7".repeat(100000),"7".repeat(100000));
 add("8k digits prod",format!("{}\\cdot{}","7".repeat(4000),"3".repeat(4000)),"1".into());
 add("boxes","\\boxed{1} ".repeat(20000),"1".into());
 add("boxes2","\\boxed{1},".repeat(20000),"1".into());
 add("sum",vec!["\\sqrt{2}";1000].join("+"),"1000\\sqrt{2}".into());
 add("sum distinct",(1..1000).map(|i|format!("\\sqrt{{{i}}}")).collect::<Vec<_>>().join("+"),"1".into());
 add("list",(0..4000).map(|i|i.to_string()).collect::<Vec<_>>().join(","),(0..4000).rev().map(|i|i.to_string()).collect::<Vec<_>>().join(","));
 add("list sqrt",(0..500).map(|i|format!("\\sqrt{{{i}}}")).collect::<Vec<_>>().join(","),(0..500).rev().map(|i|format!("\\sqrt{{{i}}}")).collect::<Vec<_>>().join(","));
 add("poly","(x+y+z+w+1)^{200}".into(),"(x+y+z+w+2)^{200}".into());
 add("poly2",vec!["(x+y+1)";100].join(""),vec!["(x+y+2)";100].join(""));
 add("poly3","(x+1)^{1000000}".into(),"(x+1)^{1000001}".into());
 add("neg exp","2^{-99}".into(),"2^{-98}".into());
 add("huge exp","10^{1000000000}".into(),"10^{1000000001}".into());
 add("tiny","10^{-1000000000}".into(),"0".into());
 add("ramanujan","e^{\\pi\\sqrt{163}}".into(),"262537412640768744".into());
 add("trig","\\sin(10^{300})".into(),"\\cos(10^{300})".into());
 add("trig tower","\\sin(\\sin(\\sin(\\exp(\\exp(\\exp(10))))))".into(),"0".into());
 add("sumop","\\sum_{k=1}^{1000000000} \\frac{1}{k}".into(),"1".into());
 add("base","12_{3}".into(),"5".into());
 add("dollars","$".repeat(20000),"1".into());
 add("backslash","\\".repeat(20001),"1".into());
 add("commas",",".repeat(20000),"1".into());
 add("unicode","½".repeat(5000),"1".into());
 add("answer is","the answer is ".repeat(20000),"1".into());
 add("prose dollars","the answer is $x$ and ".repeat(5000),"1".into());
 add("think","<think>".repeat(20000),"1".into());
 add("mat",format!("\\begin{{pmatrix}}{}\\end{{pmatrix}}","1&".repeat(3000)),"1".into());
 add("root","\\sqrt[1000000]{2}".into(),"1".into());
 add("log","\\log_{2}(3^{1000000})".into(),"1000000\\log_2 3".into());
 add("repeat","0.\\overline{1234567890123456789}".into(),"0.1".into());
 add("e-notation","1e999999999".into(),"1".into());
 add("dec exp","1.5^{100000.5}".into(),"2".into());
 add("nested rad","\\sqrt{1+\\sqrt{2+\\sqrt{3+\\sqrt{4+\\sqrt{5+\\sqrt{6+\\sqrt{7}}}}}}}".into(),"2".into());
 let mut worst=0.0f64; let mut symmetric=true;
 for (n,a,b) in &cases { for (x,y) in [(a,b),(b,a)] { let t=Instant::now(); let o=g.grade(x,y).verdict; let e=t.elapsed().as_secs_f64()*1e3; let t=Instant::now(); let v=g.verify(x,y); let e2=t.elapsed().as_secs_f64()*1e3; worst=worst.max(e).max(e2); if e.max(e2)>10.0 || x==a {println!("{n:24} grade {o:22} {e:.2} ms verify {v:22} {e2:.2} ms");} }
  let (v,w)=(g.verify(a,b),g.verify(b,a)); use rs_grpo_llm::grade::Verdict as V; if (v==V::Correct)!=(w==V::Correct) {symmetric=false; println!("ASYM {n}");} }
 println!("worst {worst:.1} ms, symmetric {symmetric}"); }
